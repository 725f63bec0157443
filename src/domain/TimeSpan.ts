/**
 * Lengths of time as people write them in options: `45s`, `5m`, `72h`, `3d`, `1h30m`.
 */
import { Duration, Either } from "effect"
import { Malformed } from "./Malformed.js"

const milliseconds: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000
}

/** Reads a length of time: whole numbers with `s`, `m`, `h`, `d` or `w`, each unit once, and `0` for none. */
export const parse = (text: string): Either.Either<Duration.Duration, Malformed> => {
  const whole = /^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text)
  if (text === "0") return Either.right(Duration.zero)
  if (text === "" || whole === null) {
    return Either.left(
      new Malformed({
        what: "length of time",
        input: text,
        reason: text === "" ? "empty" : "format",
        message: `"${text}" is no length of time; write 45s, 5m, 72h, 3d or 1h30m`
      })
    )
  }
  const parts = ["w", "d", "h", "m", "s"].map((unit, index) =>
    Number(whole[index + 1] ?? 0) * (milliseconds[unit] ?? 0)
  )
  return Either.right(Duration.millis(parts.reduce((sum, part) => sum + part, 0)))
}
