import { disturb } from './disturb.js'

addEventListener('message', ({ data }: MessageEvent<Parameters<typeof disturb>[0]>) => {
  disturb(data).then(
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    (report) => postMessage({ report }),
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    (error: unknown) => postMessage({ error: String(error) }),
  )
})
