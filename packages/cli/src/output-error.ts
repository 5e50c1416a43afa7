/** The reader of our output is gone, or the disk is full: nobody can be told, so only the exit code speaks. */
export class OutputError extends Error {}
