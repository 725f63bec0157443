/**
 * The settings of newer versions, in the order of the README's table.
 */
import { Either, Option } from "effect"
import * as Read from "./readers.js"
import { withDefault } from "./Setting.js"

export const updatesDefinitions = {
  updatesHour: withDefault(
    "UPDATES_HOUR",
    {
      type: "whole number or off",
      unit: "hour, UTC",
      default: "3",
      doc: "From when on each day the daemon looks for newer versions of watched references; `off`: it does not."
    },
    (text) =>
      text.toLowerCase() === "off"
        ? Either.right(Option.none<number>())
        : Either.mapBoth(Read.wholeNumber({ min: 0, max: 23 })(text), {
          onLeft: (problem) => `${problem}, or off`,
          onRight: Option.some
        })
  )
} as const
