/**
 * Every fuzzer.
 */
import type { Target } from "./Target.js"
import { documents } from "./targets/documents.js"
import { files } from "./targets/files.js"
import { headers } from "./targets/headers.js"
import { references } from "./targets/references.js"
import { registry } from "./targets/registry.js"
import { tags } from "./targets/tags.js"
import { shell, workflows } from "./targets/workflows.js"

export const targets: ReadonlyArray<Target> = [references, headers, documents, files, tags, workflows, shell, registry]
