// Vitest's global set-up: `npm run build`, so that tests of the real program run what people run, and start it quickly.
import { spawnSync } from "node:child_process"

export const setup = () => {
  const { error, status, stderr, stdout } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: new URL("../../", import.meta.url),
    encoding: "utf8",
    shell: process.platform === "win32"
  })
  if (status !== 0) throw new Error(`npm run build failed\n${stdout}${stderr}`, { cause: error })
}
