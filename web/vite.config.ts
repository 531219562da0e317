import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** The service that answers `/api` while pages are developed. */
const service = process.env.LINGTING_URL ?? 'http://127.0.0.1:8600'
const proxy = {
  '/api': { target: service, ws: true },
  '/live/media-stream': { target: service, ws: true },
  '/healthz': { target: service },
}

/**
 * Ant Design locks and measures scroll bars with styles that lack the page's nonce: the policy would stop them, the page
 * under a dialog would scroll, and the browser complain.
 */
const noncedStyles: Plugin = {
  name: 'nonced-styles',
  transform(code, id) {
    if (!/@rc-component\/util\/(es|lib)\/Dom\/dynamicCSS\.js/.test(id)) return
    const nonced = code.replace(
      'if (csp?.nonce) {',
      `const pageNonce = document.querySelector('meta[property="csp-nonce"]')?.nonce
  if (pageNonce) {
    styleNode.nonce = pageNonce
  } else if (csp?.nonce) {`,
    )
    if (nonced === code) this.error('styles are put in in another way now: look at this plugin')
    return { code: nonced, map: null }
  },
}

export default defineConfig({
  plugins: [react(), noncedStyles],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // The rubric's schema lies beside `web/`: what the editor completes is what the service checks.
  server: { host: '127.0.0.1', proxy, fs: { allow: ['..'] } },
  preview: { host: '127.0.0.1', proxy },
  build: {
    target: 'es2023',
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'], restoreMocks: true },
})
