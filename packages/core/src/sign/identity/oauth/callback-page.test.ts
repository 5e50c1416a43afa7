import { describe, expect, it } from 'vitest'
import { callbackPage } from './callback-page.ts'

describe('the page that the browser shows in the end', () => {
  it('shows what it quotes as text', () => {
    const page = callbackPage('<b>', `<script>"&'`)
    expect(page).toContain('<h1>&#60;b&#62;</h1><p>&#60;script&#62;&#34;&#38;&#39;</p>')
    expect(page).not.toContain('<script>')
  })
})
