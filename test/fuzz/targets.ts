/**
 * Every fuzzer.
 */
import type { Target } from "./Target.js"
import { api } from "./targets/api.js"
import { documents } from "./targets/documents.js"
import { files } from "./targets/files.js"
import { github } from "./targets/github.js"
import { headers } from "./targets/headers.js"
import { hub } from "./targets/hub.js"
import { markdown } from "./targets/markdown.js"
import { references } from "./targets/references.js"
import { registry } from "./targets/registry.js"
import { settings } from "./targets/settings.js"
import { store } from "./targets/store.js"
import { tags } from "./targets/tags.js"
import { shell, workflows } from "./targets/workflows.js"

export const targets: ReadonlyArray<Target> = [
  references,
  headers,
  documents,
  files,
  tags,
  workflows,
  shell,
  registry,
  github,
  hub,
  settings,
  markdown,
  api,
  store
]
