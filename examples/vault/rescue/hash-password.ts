import { deriveKey, type PasswordHash } from '@coffer/core'

interface HashRequest {
  readonly password: string
  readonly options: Parameters<PasswordHash>[1]
}

/** The page's own script, which a worker can be made of: read while it runs first, since nobody knows which one it is later. */
const ownSource = typeof document === 'undefined' ? undefined : (document.currentScript?.textContent ?? undefined)

/** Whether this script runs in the worker that {@link hashPassword} makes. */
export const isWorker: boolean = typeof document === 'undefined'

/** Answers {@link hashPassword}, in the worker. */
export function serveHash(): void {
  addEventListener('message', ({ data }: MessageEvent<HashRequest>) => {
    deriveKey(data.password, data.options).then(
      ({ key }) => postMessage({ key }),
      () => postMessage({}),
    )
  })
}

/** Derives bytes from a password in a worker, which takes its memory along when it ends; on the page where there can be none. */
export const hashPassword: PasswordHash = async (password, options) => {
  const key = await inWorker({ password, options }).catch(() => undefined)
  return key ? { key } : deriveKey(password, options)
}

async function inWorker(request: HashRequest): Promise<Uint8Array | undefined> {
  if (ownSource === undefined) return undefined
  const address = URL.createObjectURL(new Blob([ownSource], { type: 'text/javascript' }))
  try {
    const worker = new Worker(address)
    try {
      return await new Promise<Uint8Array | undefined>((resolve, reject) => {
        worker.addEventListener('message', ({ data }: MessageEvent<{ readonly key?: Uint8Array }>) => resolve(data.key))
        worker.addEventListener('error', () => reject(new Error('The worker does not start.')))
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
        worker.postMessage(request)
      })
    } finally {
      worker.terminate()
    }
  } finally {
    URL.revokeObjectURL(address)
  }
}
