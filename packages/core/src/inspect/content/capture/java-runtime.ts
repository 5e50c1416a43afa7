import { nothingTold, shortText, type ToldComponents } from './told-components.ts'

/** The Java runtime in whose root a file `release` lies; other files of that name tell nothing. */
export function javaRuntime(content: Buffer): ToldComponents {
  const text = content.toString('utf8')
  const field = (key: string): string | undefined =>
    shortText(new RegExp(`^${key}="([^"\\n]*)"`, 'm').exec(text)?.[1])
  const version = field('JAVA_RUNTIME_VERSION') ?? field('JAVA_VERSION')
  if (version === undefined || field('JAVA_VERSION') === undefined) return nothingTold
  const isOracle = field('IMPLEMENTOR') === 'Oracle Corporation' && field('BUILD_TYPE') === 'commercial'
  return { components: [{ ecosystem: 'generic', name: isOracle ? 'oracle-jdk' : 'openjdk', version }] }
}
