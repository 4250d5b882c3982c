/** Launch options for Playwright; without a path where it is to use its own. */
export function findChromium(): { readonly executablePath?: string }
export function ensureChromium(): Promise<boolean>
