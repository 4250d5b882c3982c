// @ts-check
// A plugin of the kind `file`, with commands: coffer tasks add, coffer tasks ls, coffer tasks done.

/**
 * @typedef {object} Tasks
 * @property {(text: string) => Promise<void>} add
 * @property {(number: number) => Promise<void>} done Takes a task away.
 * @property {() => Promise<readonly string[]>} list
 */

/** @type {import('@coffer/core').FilePlugin<Tasks>} */
export const tasksPlugin = {
  name: 'tasks',
  kind: 'file',
  description: 'A list of tasks',
  // The one member that it reads and writes: it reaches no other.
  file: '.plugins/tasks.json',
  create: ({ file }) => {
    /** @param {(tasks: readonly string[]) => readonly string[]} edit */
    const change = (edit) => file.update((bytes) => new TextEncoder().encode(JSON.stringify(edit(decode(bytes)))))
    return {
      add: (text) => change((tasks) => [...tasks, text]),
      done: (number) =>
        change((tasks) => {
          if (tasks[number - 1] === undefined) throw new RangeError(`There is no task ${number}.`)
          return tasks.filter((_, i) => i !== number - 1)
        }),
      list: async () => decode(await file.read()),
    }
  },
  commands: [
    {
      name: 'add',
      summary: 'add a task',
      args: 'text',
      writes: true,
      examples: [['coffer tasks add --coffer papers call the bank', 'what comes after the coffer is the task']],
      async run({ plugin, args, note }) {
        if (args.length === 0) throw new RangeError('What is to be done?')
        await plugin.add(args.join(' '))
        note('Added.')
      },
    },
    {
      name: 'ls',
      summary: 'list the tasks, each with its number',
      options: [{ flags: '--about <word>', description: 'only those with this word' }],
      async run({ plugin, options, settings, json, print, printJson }) {
        const { about } = options
        const tasks = (await plugin.list()).map((text, i) => ({ number: i + 1, text }))
        const found = tasks.filter(({ text }) => typeof about !== 'string' || text.includes(about))
        if (json) await printJson(found)
        // `tasks.mark` of the configuration.
        else for (const { number, text } of found) await print(`${settings['mark'] ?? '-'} ${number} ${text}`)
      },
    },
    {
      name: 'done',
      summary: 'take a task away, by its number',
      args: 'number',
      writes: true,
      run: ({ plugin, args: [number] }) => plugin.done(Number(number)),
    },
  ],
}

/**
 * @param {Uint8Array | undefined} bytes
 * @returns {readonly string[]}
 */
function decode(bytes) {
  /** @type {unknown} */
  const tasks = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : []
  // Whoever had the keys may have written anything.
  if (!Array.isArray(tasks) || !tasks.every((task) => typeof task === 'string')) throw new TypeError('The list of tasks is none.')
  return tasks
}
