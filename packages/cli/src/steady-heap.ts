import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the part of the heap for young objects at its first size. It would grow to several times of what is kept,
 * because reading a layer makes a great many short-lived values, and large buffers live as long as they do.
 */
export function keepHeapSteady(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
