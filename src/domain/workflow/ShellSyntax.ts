/**
 * The tree of a shell script. Words are kept as they were written and expanded when they are reached.
 */

/** A redirection: `>> file`, `<<< text`, a here-document. */
export interface Redirect {
  readonly operator: ">" | ">>" | "<" | "<<<" | "<<"
  /** The word behind the operator; of a here-document its text. */
  readonly target: string
  /** A here-document with a quoted delimiter is taken literally. */
  readonly literal: boolean
}

/** `NAME=value`, `NAME+=value`, `NAME=(a b)`. */
export interface Assignment {
  readonly name: string
  readonly append: boolean
  readonly value: string
}

/** A command or a compound of commands. */
export type Node =
  | {
    readonly kind: "simple"
    readonly assignments: ReadonlyArray<Assignment>
    readonly words: ReadonlyArray<string>
    readonly redirects: ReadonlyArray<Redirect>
  }
  | { readonly kind: "pipe"; readonly commands: ReadonlyArray<Node>; readonly negated: boolean }
  | {
    readonly kind: "chain"
    readonly first: Node
    readonly rest: ReadonlyArray<{ readonly operator: "&&" | "||"; readonly node: Node }>
  }
  | { readonly kind: "list"; readonly nodes: ReadonlyArray<Node> }
  | {
    readonly kind: "if"
    readonly clauses: ReadonlyArray<{ readonly condition: Node; readonly body: Node }>
    readonly otherwise: Node | undefined
  }
  | { readonly kind: "for"; readonly name: string; readonly words: ReadonlyArray<string>; readonly body: Node }
  | { readonly kind: "while"; readonly condition: Node; readonly body: Node }
  | {
    readonly kind: "case"
    readonly word: string
    readonly items: ReadonlyArray<{ readonly patterns: ReadonlyArray<string>; readonly body: Node }>
  }
  | { readonly kind: "redirected"; readonly body: Node; readonly redirects: ReadonlyArray<Redirect> }
  | { readonly kind: "function"; readonly name: string; readonly body: Node }

/** What a script is cut into. */
export type Token =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "operator"; readonly text: string }
  | { readonly kind: "redirect"; readonly redirect: Redirect }
