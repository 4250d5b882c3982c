import { defineConfig } from 'vite'
import { printSizes } from './sizes.js'

/** What this page needs: WebAssembly, but no code out of text. A server sends it with pages and worker scripts alike. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'",
}

export default defineConfig({
  plugins: [printSizes('reader')],
  worker: { format: 'es' },
  preview: { headers },
  build: { target: 'es2022', rolldownOptions: { input: ['index.html', 'reader.html'] }, chunkSizeWarningLimit: 2000 },
})
