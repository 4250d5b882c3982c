/** Launch options for Playwright; without a path where it is to use its own. */
export function findChromium(): { readonly executablePath?: string }
/** The same for one that needs no windows. */
export function findHeadlessShell(): { readonly executablePath?: string }
/** Arguments for every Chromium of the tests. */
export const chromiumArgs: string[]
export function ensureChromium(): Promise<boolean>
/** The path of a Firefox; `undefined` where there is none. */
export function findFirefox(): string | undefined
export function ensureFirefox(): Promise<boolean>
/** The path of WebKitGTK's browser; `undefined` where there is none, or no screen for it. */
export function findWebKit(): string | undefined
export function ensureWebKit(): Promise<boolean>
