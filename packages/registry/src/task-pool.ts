/** Runs at most so many tasks at once; the others wait in order. */
export interface TaskPool {
  run<T>(task: () => Promise<T>): Promise<T>
}

export function taskPool(size: number): TaskPool {
  let free = size
  const waiting: (() => void)[] = []
  return {
    async run(task) {
      if (free > 0) free -= 1
      else {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
        })
      }
      try {
        return await task()
      } finally {
        const next = waiting.shift()
        // The place goes to the next in line, or back.
        if (next === undefined) free += 1
        else next()
      }
    },
  }
}
