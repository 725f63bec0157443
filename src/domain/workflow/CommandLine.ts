/**
 * Reads the options of a command line.
 */

/** Options and operands of a command. */
export interface CommandLine {
  /** Every value of an option, by any of its names. */
  readonly values: (...names: ReadonlyArray<string>) => ReadonlyArray<string>
  /** Whether a switch is given, and not as `=false`. */
  readonly has: (...names: ReadonlyArray<string>) => boolean
  readonly operands: ReadonlyArray<string>
}

// Options whose value is the next word, over all the tools that are read: others are switches.
const valued = new Set(
  ("-t --tag -f --file --build-arg --platform --label -o --output --cache-from --cache-to --target --secret --ssh " +
    "--builder --network --progress --annotation --attest --metadata-file --iidfile --set --call --allow --build-context " +
    "--add-host --isolation --format --authfile --creds --dest-creds --src-creds --cert-dir --override-arch --override-os " +
    "--override-variant --digestfile --sign-by --compression-format --retry-times -u --username -p --password --context -c " +
    "--config --image-label --sbom-dir -j --jobs --arch --os --variant --host -H --log-level -l --project-directory " +
    "--profile --env-file --project-name --destination --dest-authfile --src-authfile --dest-cert-dir --base --source " +
    "--new_layer --new_tag -b --manifest --digest --opt --local --frontend --export-cache --import-cache --registry -r " +
    "--prefer-index --annotation-file --policy --dest-compress-format --multi-arch --timeout").split(" ")
)

/** Reads a command line; `own` are options with a value that only this command has. */
export const commandLine = (
  words: ReadonlyArray<string>,
  own: ReadonlyArray<string> = [],
  switches: ReadonlyArray<string> = []
): CommandLine => {
  const options: Array<readonly [string, string]> = []
  const operands: Array<string> = []
  let at = 0
  while (at < words.length) {
    const word = words[at++] ?? ""
    if (word === "--") continue
    if (!word.startsWith("-") || word === "-") {
      operands.push(word)
      continue
    }
    const equals = word.indexOf("=")
    if (equals !== -1 && word.startsWith("-")) options.push([word.slice(0, equals), word.slice(equals + 1)])
    else if (!switches.includes(word) && (valued.has(word) || own.includes(word))) {
      options.push([word, words[at++] ?? ""])
    } else if (/^-[tof][^-]/.test(word)) options.push([word.slice(0, 2), word.slice(2)])
    else options.push([word, ""])
  }
  return {
    operands,
    values: (...names) => options.filter(([name]) => names.includes(name)).map(([, value]) => value),
    has: (...names) => options.some(([name, value]) => names.includes(name) && !/^(?:false|0)$/i.test(value))
  }
}
