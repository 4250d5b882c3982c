/// <reference lib="webworker" />
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { answerMediaRequests } from './media-requests.js'

declare const self: ServiceWorkerGlobalScope

// Before everything else, which is of the files that the vault is made of: nothing of a user's is ever kept in a cache.
answerMediaRequests(self)

// oxlint-disable-next-line eslint/no-underscore-dangle -- workbox puts the list of files in its place
precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { allowlist: [/^\/$/, /^\/index\.html$/] }))

self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  if ((data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting()
})

// So that the first visit is served by it too, without loading the page anew.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
