/** What tabs of one vault tell each other. No message holds anything of the vault's content. */
export type VaultMessage =
  /** The user is here, and sees that tab. */
  | { readonly kind: 'active' }
  /** All tabs lock, since this one does. */
  | { readonly kind: 'lock'; readonly why: 'asked' | 'idle' | 'hidden' }
  /** Passwords, passkeys or keys were changed: what the other tabs hold is old. */
  | { readonly kind: 'keyring' }

/** The channel of a vault's tabs. */
export class VaultChannel {
  readonly #channel: BroadcastChannel

  constructor(name: string, listener: (message: VaultMessage) => void) {
    this.#channel = new BroadcastChannel(channelOf(name))
    this.#channel.addEventListener('message', ({ data }: MessageEvent<VaultMessage>) => listener(data))
  }

  tell(message: VaultMessage): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin by itself
    this.#channel.postMessage(message)
  }

  close(): void {
    this.#channel.close()
  }
}

const channelOf = (name: string): string => `vault:${name}`
