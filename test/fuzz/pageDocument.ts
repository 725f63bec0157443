/**
 * As much of a browser's document as the page's modules need to make elements, so that they run in Node.
 */
import { Effect } from "effect"

/** A text or an element. */
export class PageNode {
  readonly childNodes: Array<PageNode> = []
  constructor(
    /** In lower case; empty for a text. */
    readonly name: string,
    readonly text: string,
    readonly attributes: Map<string, string>
  ) {}
  appendChild(child: PageNode): PageNode {
    this.childNodes.push(child)
    return child
  }
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value)
  }
  addEventListener(): void {}
}

const browser: ReadonlyArray<readonly [string, unknown]> = [
  ["Node", PageNode],
  ["location", { href: "https://census.example/catalog/x" }],
  ["document", {
    createElement: (name: string) => new PageNode(name, "", new Map()),
    createTextNode: (text: string) => new PageNode("", text, new Map())
  }]
]

/** A module of the page, by its path, with the document there until the scope closes. */
export const pageModule = (path: string) =>
  Effect.zipRight(
    Effect.acquireRelease(
      Effect.sync(() => browser.forEach(([name, value]) => Reflect.set(globalThis, name, value))),
      () => Effect.sync(() => browser.forEach(([name]) => Reflect.deleteProperty(globalThis, name)))
    ),
    Effect.promise((): Promise<unknown> =>
      import(new URL(`../../src/programs/server/assets/page/${path}`, import.meta.url).href)
    )
  )
