/** Takes the content of one entry. A chunk is only valid during the call. */
export interface ContentSink {
  write(chunk: Buffer): void
  end(): void
}
