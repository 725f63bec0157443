/**
 * `ImageCatalog` in memory, with the behaviour of the SQL one: for tests, and for library users without a database.
 */
import { Layer } from "effect"
import { ImageCatalog } from "../../services/ImageCatalog.js"
import { makeReading } from "./catalog/reading.js"
import { makeRecord } from "./catalog/record.js"
import { makeWanted } from "./catalog/wanted.js"
import { emptyTables, type Tables } from "./store/tables.js"

/** A catalog on these tables, which it may share with stores, as processes share a database. */
export const make = (holder: string, tables: Tables): ImageCatalog["Type"] =>
  ImageCatalog.of({ ...makeWanted(tables, holder), ...makeRecord(tables), ...makeReading(tables) })

/** An empty catalog beside an empty census. */
export const layer: Layer.Layer<ImageCatalog> = Layer.sync(ImageCatalog, () => make("memory", emptyTables()))
