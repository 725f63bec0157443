/** Files that people and strangers write: lists, histories, Dockerfiles, Compose files, configurations. */
import { Either, FastCheck as fc, Option } from "effect"
import { parseComposeFile } from "../../../src/domain/ComposeFile.js"
import * as Csv from "../../../src/domain/Csv.js"
import * as DayWindow from "../../../src/domain/DayWindow.js"
import * as DeployInput from "../../../src/domain/DeployInput.js"
import * as DockerConfig from "../../../src/domain/DockerConfig.js"
import { basesOf } from "../../../src/domain/Dockerfile.js"
import { logoOf } from "../../../src/domain/MarkdownLogo.js"
import * as PullImport from "../../../src/domain/PullImport.js"
import * as RepositoryList from "../../../src/domain/RepositoryList.js"
import * as TimeSpan from "../../../src/domain/TimeSpan.js"
import * as WatchActionText from "../../../src/domain/WatchActionText.js"
import { must, pure, target } from "../Target.js"
import { anyText, editedOf, wordsOf } from "../texts.js"

const digest = `sha256:${"a".repeat(64)}`

const good = [
  "owner,name\nacme,app\n\"a,b\",\"c\"\"d\"\nhttps://github.com/acme/tool\n",
  "https://github.com/acme/app\nacme/tool # a comment\ngit@github.com:acme/x.git\n",
  "{\"owner\":\"acme\",\"name\":\"app\"}\n{\"full_name\":\"acme/tool\"}\n",
  "image;date;pulls_total\nnginx;2026-10-01;10\n\"acme/app\";2026-10-02;99999999999999999999\n",
  "# syntax=docker/dockerfile:1\nARG V=1\nFROM --platform=$BUILDPLATFORM golang:${V:-1.22} AS build\nRUN <<EOF\nFROM x\nEOF\nFROM scratch\nCOPY --from=build /a /a\n",
  "services:\n  web:\n    image: ${REGISTRY:-docker.io}/acme/app:${TAG:?no tag}\n    build: .\n  db: {image: postgres}\n",
  "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"dXNlcjpwYXNz\"}},\"credHelpers\":{\"ghcr.io\":\"pass\"},\"credsStore\":\"desktop\"}",
  `{"type":"manifest","refs":["ghcr.io/a/b:1"],"data":{"schemaVersion":2},"lookup":{"${digest}":"docker.io/a/b"}}`,
  "# App\n\n[![logo](https://example.com/logo.png)](https://example.com)\n<img src=\"https://example.com/a.svg\">\n"
]

const words = [
  "FROM ",
  "ARG A=",
  "${",
  "}",
  "$",
  ":-",
  "\\\n",
  "\n",
  "<<EOF",
  "EOF",
  "services:",
  "image: ",
  "&a ",
  "*a",
  ",",
  ";",
  "\"",
  "{",
  "[",
  "]",
  "![",
  "](",
  ")",
  "<img src=",
  "# "
]

/** Files of every kind, each given to every reader. */
export const files = target({
  name: "files",
  about: "lists, CSV, Dockerfiles, Compose files, Docker's config, deployments, READMEs: read or refused",
  brief: 200,
  input: () => fc.oneof({ weight: 4, arbitrary: editedOf(good, 6) }, wordsOf(words, 80), anyText),
  check: pure((text: string) => {
    let state = RepositoryList.initial
    const entries: Array<RepositoryList.Entry> = []
    const lines = text.split("\n")
    for (const line of lines) {
      const [next, found] = RepositoryList.step(state, line)
      state = next
      entries.push(...found)
    }
    entries.push(...RepositoryList.end(state))
    must(entries.length <= lines.length * 2 + 1, "a list has more entries than lines")
    for (const entry of entries) {
      if (Either.isRight(entry)) {
        must(
          /^[\w.-]+$/.test(entry.right.owner) && /^[\w.-]+$/.test(entry.right.name),
          "a name that GitHub cannot have"
        )
      }
    }
    const history = PullImport.read(lines)
    for (const { image, total } of history.days) {
      must(total >= 0n && image !== "" && !image.includes("\u0000"), `${image}: ${total} is no count`)
    }
    for (const line of lines) Csv.fields(line, Csv.delimiterOf(line))
    basesOf(text)
    basesOf(text, () => Option.some(text.slice(0, 100)))
    parseComposeFile(text)
    logoOf(text)
    const docker = DockerConfig.parse(text)
    if (Either.isRight(docker)) {
      DockerConfig.findAuth(docker.right, "ghcr.io")
      DockerConfig.helperFor(docker.right, "ghcr.io")
    }
    DockerConfig.helperCredential(text)
    DockerConfig.convertToHostname(text)
    DeployInput.parse(text)
    DayWindow.parse(text)
    TimeSpan.parse(text)
    WatchActionText.parse(text, false)
  })
})
