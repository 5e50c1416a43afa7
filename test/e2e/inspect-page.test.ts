import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runCli } from '@assay/test-support/cli'
import { hostileImage } from '@assay/test-support/hostile-image'
import { missing } from '@assay/test-support/missing'
import { workspace } from '@assay/test-support/workspace'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const browser = '/usr/bin/chromium'
const here = existsSync(browser)
if (!here) missing('chromium', 'run .ci/install-packages')

const flags = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Runs in the page. What stands outside of the window, or of what is to hold it. */
const overflowing = `[...document.querySelectorAll('body *')].filter((element) => {
  const box = element.getBoundingClientRect()
  if (box.width === 0 || element.closest('svg') !== null) return false
  return box.right > window.innerWidth + 1 || element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
    && getComputedStyle(element).display !== 'inline'
}).map((element) => element.outerHTML.slice(0, 120))`

/** Runs in the page. Texts that are there and not seen: of no size, or in the color of what is behind. */
const unseen = `[...document.querySelectorAll('h1, h2, h3, p, dt, dd, td, th, li, summary, .chip')].filter((element) => {
  if (element.textContent.trim() === '' || element.closest('details:not([open]) > :not(summary)') !== null) return false
  const box = element.getBoundingClientRect()
  const { color, visibility, opacity } = getComputedStyle(element)
  let behind = element
  while (behind !== null && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement
  const back = getComputedStyle(behind ?? document.documentElement).backgroundColor
  return box.width < 1 || box.height < 1 || visibility !== 'visible' || opacity !== '1' || color === back
}).map((element) => element.outerHTML.slice(0, 120))`

describe.skipIf(!here)('the page of an inspection, in Chromium', () => {
  let profile = ''
  let context: BrowserContext | undefined
  let file = ''
  const requests: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', hostileImage)
    const run = await runCli(['inspect', '--output', 'html', '--fail-on', 'high', reference])
    if (run.code !== 1) throw new Error(`no page: ${run.stderr}`)
    profile = await mkdtemp(join(tmpdir(), 'assay-chromium-'))
    file = join(profile, 'page.html')
    await writeFile(file, run.stdout)
    context = await chromium.launchPersistentContext(join(profile, 'profile'), {
      executablePath: browser,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', ...flags],
    })
  }, 60_000)

  afterAll(async () => {
    await context?.close()
    if (profile !== '') await rm(profile, { recursive: true, force: true })
  })

  async function opened(width: number): Promise<Page> {
    if (context === undefined) throw new Error('Chromium did not start')
    const page = await context.newPage()
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => {
      complaints.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.setViewportSize({ width, height: 900 })
    await page.goto(pathToFileURL(file).href)
    return page
  }

  test.each([
    ['wide', 1280, 'light'],
    ['narrow', 420, 'light'],
    ['dark', 1280, 'dark'],
  ] as const)('is seen in whole: %s', async (_, width, colorScheme) => {
    const page = await opened(width)
    await page.emulateMedia({ colorScheme })
    expect(await page.evaluate(overflowing)).toEqual([])
    expect(await page.evaluate(unseen)).toEqual([])
    for (const summary of await page.locator('summary').all()) await summary.click()
    expect(await page.evaluate(overflowing)).toEqual([])
    expect(await page.evaluate(unseen)).toEqual([])
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(20, 23, 27)' : 'rgb(246, 247, 249)')
    await page.close()
  })

  test('on paper every evidence is there, on white', async () => {
    const page = await opened(1000)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
    const heights = await page.evaluate(
      `[...document.querySelectorAll('dl.evidence')].map((list) => list.getBoundingClientRect().height)`,
    )
    expect(heights).not.toEqual([])
    expect(heights).not.toContain(0)
    await page.close()
  })

  test('says the verdict first, and shows hostile names as text', async () => {
    const page = await opened(1280)
    const text = await page.locator('body').innerText()
    expect(text.startsWith('Not distroless')).toBe(true)
    expect(text).toContain('/opt/<img src=x onerror=alert(1)>')
    expect(text).toContain('Not what is required')
    expect(await page.locator('script, img, iframe, object, embed, link, form, base').count()).toBe(0)
    const handlers = await page.evaluate(
      `[...document.querySelectorAll('*')].flatMap((element) => [...element.attributes])
        .filter(({ name }) => name.startsWith('on') || name === 'style' || name === 'src').length`,
    )
    expect(handlers).toBe(0)
    await page.close()
  })

  test('its policy lets nothing in, even if something were there', async () => {
    const page = await opened(1280)
    complaints.length = 0
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<img src="http://127.0.0.1:9/x">')`)
    await page.waitForTimeout(200)
    expect(complaints.join('\n')).toMatch(/Content Security Policy/)
    complaints.length = 0
    await page.close()
  })

  test('asked for nothing but itself, and no browser complained', () => {
    const others = requests.filter(
      (url) => url !== pathToFileURL(file).href && !url.startsWith('http://127.0.0.1:9/'),
    )
    expect(requests).not.toEqual([])
    expect(others).toEqual([])
    expect(complaints).toEqual([])
  })
})
