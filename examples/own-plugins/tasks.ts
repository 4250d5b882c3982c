// A plugin of the kind `file`: it keeps its data in a member of its own, and can reach no other.

import type { FilePlugin } from '@coffer/core'

export interface Tasks {
  add(text: string): Promise<void>
  /** Takes a task away. @throws RangeError where there is none of that number. */
  finish(number: number): Promise<void>
  list(): Promise<readonly string[]>
}

export const tasksPlugin: FilePlugin<Tasks> = {
  name: 'tasks',
  kind: 'file',
  description: 'Keep a list of tasks in the coffer',
  file: '.plugins/tasks.json',
  create: ({ file }) => {
    // `update` makes one change after the other, so that two at the same time are both there.
    const change = (edit: (tasks: readonly string[]) => readonly string[]): Promise<void> => file.update((bytes) => encode(edit(decode(bytes))))
    return {
      add: (text) => change((tasks) => [...tasks, text]),
      finish: (number) =>
        change((tasks) => {
          if (tasks[number - 1] === undefined) throw new RangeError(`There is no task ${number}.`)
          return tasks.filter((_, i) => i !== number - 1)
        }),
      list: async () => decode(await file.read()),
    }
  },
}

function encode(tasks: readonly string[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(tasks))
}

function decode(bytes: Uint8Array | undefined): readonly string[] {
  const tasks: unknown = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : []
  // Whoever had the keys may have written anything.
  if (!Array.isArray(tasks) || !tasks.every((task) => typeof task === 'string')) throw new TypeError('The list of tasks is none.')
  return tasks
}
