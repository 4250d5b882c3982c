/** Where a browser takes a drop by itself and stays on the page. */
const TAKES_DROPS = 'input, textarea, [contenteditable]'

/** Keeps the browser from leaving the vault for a file or an address that is dropped where nobody takes it. Called once. */
export function refuseStrayDrops(): void {
  for (const type of ['dragover', 'drop'] as const) {
    const refuse = (event: DragEvent): void => {
      const { dataTransfer, target } = event
      if (event.defaultPrevented || !dataTransfer) return
      const isFile = dataTransfer.types.includes('Files')
      if (!isFile && !dataTransfer.types.includes('text/uri-list')) return
      if (target instanceof Element && target.closest(isFile ? 'input[type="file"]' : TAKES_DROPS)) return
      event.preventDefault()
      dataTransfer.dropEffect = 'none'
    }
    const last = (): void => {
      removeEventListener(type, refuse)
      addEventListener(type, refuse)
    }
    // Behind whoever listens by then, also to the window itself: what nobody has taken is stray.
    addEventListener(type, last, { capture: true })
  }
}
