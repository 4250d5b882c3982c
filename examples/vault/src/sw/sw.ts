/// <reference lib="webworker" />
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { answerMediaRequests } from './media-requests.js'

declare const self: ServiceWorkerGlobalScope

answerMediaRequests(self)

// oxlint-disable-next-line eslint/no-underscore-dangle -- workbox puts the list of files in its place
precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()

const page = createHandlerBoundToURL('/index.html')

self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  if ((data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting()
})

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

void page
