// What other packages may use, by subject; each file is an explicit list.

export * from './exports/images.ts'
export * from './exports/verification.ts'
export * from './exports/signing.ts'
export * from './exports/gate.ts'
export * from './exports/reports.ts'
