import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import { fullName } from "../../src/domain/GitHubRepository.js"
import { officialImages, officialImagesOf, parseLibraryFile } from "../../src/domain/OfficialImages.js"

const read = (text: string, name = "nginx") =>
  Either.map(parseLibraryFile(name, text), ({ architectures, repositories }) => ({
    repositories: repositories.map(fullName),
    architectures
  }))

const builtBy = (owner: string, name: string) => officialImagesOf({ owner, name }).map(({ name }) => name)

describe("the official images as shipped", () => {
  it("are 144, once each and in order, with what builds them", () => {
    const names = officialImages.map(({ name }) => name)
    assert.lengthOf(names, 144)
    assert.deepStrictEqual(names, [...new Set(names)].sort())
    const nginx = officialImages.find(({ name }) => name === "nginx")
    assert.deepStrictEqual(nginx?.repositories.map(fullName), ["nginx/docker-nginx"])
    assert.include(nginx?.architectures ?? [], "arm64v8")
    const without = officialImages.filter(({ repositories }) => repositories.length === 0).map(({ name }) => name)
    assert.include(without, "archlinux")
    assert.isBelow(without.length, 5)
  })

  it("are found by a repository, in any case; one repository may build several", () => {
    assert.deepStrictEqual(builtBy("Docker-Library", "WordPress"), ["wordpress"])
    assert.deepStrictEqual(builtBy("influxdata", "influxdata-docker"), [
      "chronograf",
      "influxdb",
      "kapacitor",
      "telegraf"
    ])
    assert.deepStrictEqual(builtBy("acme", "nginx"), [])
  })
})

describe("a library file", () => {
  it("is read with what holds for all and for one, comments, continued lines and architectures of their own", () => {
    const text = `# this file is generated
Maintainers: A <a@example.org> (@a),
             B <b@example.org> (@b)
GitRepo: https://github.com/acme/docker-nginx.git
Architectures: amd64, arm64v8

Tags: 1.27, latest
GitCommit: 0123456789abcdef0123456789abcdef01234567
# a word between
Directory: mainline

Tags: 1.26
Architectures: amd64,
 i386
arm64v8-GitRepo: git://github.com/acme/arm

SharedTags: win
Architectures: windows-amd64
GitRepo: https://github.com/Acme/Docker-Nginx
`
    assert.deepStrictEqual(
      read(text),
      Either.right({
        repositories: ["Acme/Docker-Nginx", "acme/arm"],
        architectures: ["amd64", "arm64v8", "i386", "windows-amd64"]
      })
    )
    assert.deepStrictEqual(read(text.replaceAll("\n", "\r\n")), read(text))
  })

  it("is for amd64 where it names nothing else, and for nothing where it has no tags", () => {
    assert.deepStrictEqual(
      read("Maintainers: A\nGitRepo: https://gitlab.example.org/a/b.git\n\nTags: latest\nGitCommit: 0"),
      Either.right({ repositories: [], architectures: ["amd64"] })
    )
    assert.deepStrictEqual(
      read("# retired\nMaintainers: A\nGitRepo: https://github.com/a/b\nArchitectures: s390x"),
      Either.right({ repositories: ["a/b"], architectures: [] })
    )
    assert.deepStrictEqual(
      read("Tags: latest\nGitRepo: https://github.com/a/b"),
      Either.right({ repositories: ["a/b"], architectures: ["amd64"] })
    )
    assert.deepStrictEqual(read(""), Either.right({ repositories: [], architectures: [] }))
  })

  it("is refused with the line that is none, and under a name that is none", () => {
    const wrong = Either.getOrThrow(Either.flip(parseLibraryFile("nginx", "Maintainers: A\n\n<html>")))
    assert.strictEqual(wrong.message, "library/nginx, line 3: expected \"Name: value\", not \"<html>\"")
    for (const name of ["README.md~", "a/b", "", "..", "Nginx"]) {
      assert.isTrue(Either.isLeft(parseLibraryFile(name, "")), name)
    }
  })

  it.prop(
    "is read or refused, whatever it holds",
    { text: FastCheck.string({ unit: "binary", maxLength: 300 }) },
    ({ text }) => {
      const result = parseLibraryFile("x", text)
      assert.isTrue(Either.isLeft(result) || result.right.name === "x")
    }
  )
})
