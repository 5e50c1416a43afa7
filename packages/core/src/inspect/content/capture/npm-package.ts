import { shortText, nothingTold, type ToldComponents } from './told-components.ts'

/** The package that a `package.json` in `node_modules` describes. One without a name only sets options of a folder. */
export function npmPackage(content: Buffer): ToldComponents {
  const document = parsed(content)
  if (document === undefined) return { components: [], problem: 'it is not a JSON object' }
  const name = shortText(document['name'])
  if (name === undefined) return nothingTold
  const license = licenseOf(document)
  return {
    components: [
      {
        ecosystem: 'npm',
        name,
        version: shortText(document['version']) ?? '',
        ...(license === undefined ? {} : { license }),
      },
    ],
  }
}

type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(content: Buffer): Fields | undefined {
  try {
    const value: unknown = JSON.parse(content.toString('utf8').replace(/^\uFEFF/, ''))
    return isFields(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

/** Today an SPDX expression; once an object, or a list of them. */
function licenseOf(document: Fields): string | undefined {
  const { license, licenses } = document
  const all = Array.isArray(licenses) ? licenses.slice(0, 20) : [license ?? licenses]
  const names = all.flatMap((one: unknown) => shortText(isFields(one) ? one['type'] : one) ?? [])
  return names.length === 0 ? undefined : names.join(' OR ')
}
