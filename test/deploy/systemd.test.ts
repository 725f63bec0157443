/**
 * The systemd unit, by systemd's own checks, where its tools are; they need no running systemd.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { textOf } from "./files.js"

const unit = textOf("deploy/systemd/image-census.service")
const there = spawnSync("systemd-analyze", ["--version"]).status === 0

/** Runs systemd-analyze on the unit, with a program that is there in the place of ours. */
const analyze = (text: string, ...args: ReadonlyArray<string>) => {
  const folder = mkdtempSync(join(tmpdir(), "image-census-unit-"))
  const file = join(folder, "image-census.service")
  writeFileSync(file, text.replaceAll("/usr/local/bin/image-census", process.execPath))
  const { status, stderr, stdout } = spawnSync("systemd-analyze", [...args, file], { encoding: "utf8" })
  rmSync(folder, { recursive: true, force: true })
  return { status, said: `${stdout}${stderr}` }
}

describe("the systemd unit", () => {
  it("does not start again what a person has to mend", () => {
    assert.match(unit, /^RestartPreventExitStatus=2$/m)
  })

  it.skipIf(!there)("is without a finding of systemd-analyze verify", () => {
    const { said, status } = analyze(unit, "verify")
    assert.strictEqual(said.trim(), "")
    assert.strictEqual(status, 0)
  })

  it.skipIf(!there)("is told apart from one with an unknown setting", () => {
    assert.match(analyze(unit.replace("ProtectHome=", "ProtectHouse="), "verify").said, /ProtectHouse/)
  })

  it.skipIf(!there)("exposes little: 1.5 of 10 at most, by systemd-analyze security", () => {
    const { said, status } = analyze(unit, "security", "--offline=true", "--threshold=15")
    assert.strictEqual(status, 0, said)
  })
})
