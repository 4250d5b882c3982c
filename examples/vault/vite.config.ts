import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { contentSecurityPolicy } from './content-security-policy.js'
import { rescuePage } from './rescue-plugin.js'

const headers = { 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' }

export default defineConfig({
  plugins: [
    rescuePage(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/sw',
      filename: 'sw.ts',
      registerType: 'prompt',
      injectRegister: false,
      injectManifest: { globPatterns: ['**/*.{js,css,html,svg,png,webmanifest}'], maximumFileSizeToCacheInBytes: 8 << 20 },
      manifest: {
        name: 'Coffer vault',
        short_name: 'Vault',
        description: 'Private files, passwords and notes, encrypted in this browser',
        display: 'standalone',
        start_url: '/',
        background_color: '#f4f1e8',
        theme_color: '#0f5c5c',
        id: '/',
        scope: '/',
        lang: 'en',
        categories: ['productivity', 'security', 'utilities'],
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
    }),
  ],
  // What a password slot costs is fixed when the page is built, so that nothing on the page can make it cheap. Only the tests' build says less.
  define: { PASSWORD_COST: JSON.stringify(process.env['COFFER_VAULT_CHEAP_PASSWORDS'] === 'for tests' ? { memoryBytes: 20 << 20, passes: 2 } : {}) },
  worker: { format: 'es' },
  preview: { headers },
  build: {
    target: 'es2023',
    chunkSizeWarningLimit: 2000,
    // What the first page needs is one file, whatever is loaded later and shares some of it: in many small ones it takes 6 to 10 KB more, compressed.
    // Beside it what changes seldom, which a new version of the vault has not to fetch anew.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'sodium', test: /libsodium/, priority: 1 }, { name: 'first', tags: ['$initial'] }] } } },
  },
})
