let channel: MessageChannel | undefined
const resolvers: (() => void)[] = []

/** Resolves in a task of its own, after the messages that have come meanwhile. */
export function nextTask(): Promise<void> {
  if (!channel) {
    channel = new MessageChannel()
    channel.port1.addEventListener('message', () => resolvers.shift()?.())
    channel.port1.start()
  }
  const { port2 } = channel
  return new Promise((resolve) => {
    resolvers.push(resolve)
    port2.postMessage(undefined)
  })
}
