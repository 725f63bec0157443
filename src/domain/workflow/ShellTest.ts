/**
 * The conditions of a shell: `[ … ]`, `test …` and `[[ … ]]`, answered where the texts allow it.
 */
import * as Glob from "./Glob.js"
import { both, either, hasHole, type HoleTable, not, type Truth } from "./Holes.js"

class Test {
  #at = 0
  #rounds = 0
  constructor(private readonly words: ReadonlyArray<string>, private readonly holes: HoleTable) {}

  or(): Truth {
    let answer = this.#and()
    while (this.#take("||") || this.#take("-o")) answer = either(answer, this.#and())
    return answer
  }

  #take(word: string): boolean {
    if (this.words[this.#at] !== word) return false
    this.#at++
    return true
  }

  #and(): Truth {
    let answer = this.#one()
    while (this.#take("&&") || this.#take("-a")) answer = both(answer, this.#one())
    return answer
  }

  #one(): Truth {
    if (++this.#rounds > 64) return "unknown"
    if (this.#take("!")) return not(this.#one())
    if (this.#take("(")) {
      const answer = this.or()
      this.#take(")")
      return answer
    }
    const left = this.words[this.#at++] ?? ""
    if (/^-[a-zA-Z]$/.test(left) && this.words[this.#at] !== undefined && !this.#isBinary()) return this.#unary(left)
    return this.#isBinary() ? this.#binary(left) : this.holes.truth(left)
  }

  #isBinary(): boolean {
    return /^(?:==?|!=|=~|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))$/.test(this.words[this.#at] ?? "")
  }

  #unary(operator: string): Truth {
    const operand = this.words[this.#at++] ?? ""
    if (operator === "-n") return this.holes.truth(operand)
    if (operator === "-z") return not(this.holes.truth(operand))
    return "unknown"
  }

  #binary(left: string): Truth {
    const operator = this.words[this.#at++] ?? ""
    const right = this.words[this.#at++] ?? ""
    switch (operator) {
      case "=":
      case "==":
        return this.#matches(left, right)
      case "!=":
        return not(this.#matches(left, right))
      case "-eq":
        return this.#sameNumber(left, right)
      case "-ne":
        return not(this.#sameNumber(left, right))
      default:
        return "unknown"
    }
  }

  #sameNumber(left: string, right: string): Truth {
    return hasHole(left) || hasHole(right) ? this.holes.equal(left, right) : Number(left) === Number(right)
  }

  #matches(left: string, right: string): Truth {
    return /[*?[]/.test(right) && !hasHole(right)
      ? this.holes.ask(
        left,
        (text) => hasHole(text) ? mayMatch(text, right) : Glob.matches(right, text, this.holes.tank)
      )
      : hasHole(left) || hasHole(right)
      ? this.holes.equal(left, right)
      : left === right
  }
}

const mayMatch = (text: string, pattern: string): Truth => {
  const fixed = /^[^*?[\\]*/.exec(pattern)?.[0] ?? ""
  const start = /^[^\ue000-\uefff]*/.exec(text)?.[0] ?? ""
  const shared = Math.min(fixed.length, start.length)
  if (fixed.slice(0, shared) !== start.slice(0, shared)) return false
  return pattern === `${fixed}*` && start.length >= fixed.length ? true : "unknown"
}

/** The answer to the words of a test, without `[` and `]`. */
export const test = (words: ReadonlyArray<string>, holes: HoleTable): Truth => new Test(words, holes).or()

/** Whether a word matches a pattern of `case`. */
export const matchesCase = (text: string, pattern: string, holes: HoleTable): Truth =>
  holes.ask(text, (one) =>
    hasHole(one) || hasHole(pattern)
      ? pattern === "*" ? true : hasHole(pattern) ? "unknown" : mayMatch(one, pattern)
      : Glob.matches(pattern, one, holes.tank))
