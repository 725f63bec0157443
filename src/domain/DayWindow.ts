/**
 * A part of every day, in UTC: `02:00-05:00`, also across midnight (`22:00-04:00`).
 */
import { Either } from "effect"
import { Malformed } from "./Malformed.js"

/** Minutes since midnight UTC, the first one included, the last one not. Where `to` is not after `from`, it is the next day's. */
export interface DayWindow {
  readonly from: number
  readonly to: number
}

const pattern = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/

const minutes = (hour: string | undefined, minute: string | undefined): number => Number(hour) * 60 + Number(minute)

const dayLength = 24 * 60

/** Reads `HH:MM-HH:MM`. `24:00` may end a window. Both ends equal would be all day or nothing, so that is refused. */
export const parse = (text: string): Either.Either<DayWindow, Malformed> => {
  const match = pattern.exec(text.trim())
  const from = minutes(match?.[1], match?.[2])
  const to = minutes(match?.[3], match?.[4])
  const isRight = match !== null && Number(match[2]) < 60 && Number(match[4]) < 60 && from < dayLength &&
    to <= dayLength && from !== to
  return isRight
    ? Either.right({ from, to: to % dayLength })
    : Either.left(
      new Malformed({
        what: "window",
        input: text,
        reason: "format",
        message: `"${text}" is no part of a day; write two times in UTC, such as 02:00-05:00`
      })
    )
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`

/** `02:00-05:00`; `parse` reads it back. */
export const format = ({ from, to }: DayWindow): string => `${clock(from)}-${clock(to)}`

/** The minute of its UTC day that holds an instant (epoch milliseconds). */
export const minuteOf = (epochMillis: number): number => Math.floor(epochMillis / 60_000) % dayLength

/** Whether an instant (epoch milliseconds) lies in the window. */
export const contains = ({ from, to }: DayWindow, epochMillis: number): boolean => {
  const minute = minuteOf(epochMillis)
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}
