import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'coffer-vault-theme'

/** The header's colour, which the window of an installed vault goes on with: `--color-surface` of base.css. */
const windowColors = { light: '#fcfaf4', dark: '#151d1b' } as const

/** How the vault looks. It is all that is kept of the user's choices outside the vault and its record. */
export const theme = signal<Theme>(readTheme())

/** Puts the theme on the page, and again when it changes. */
export function applyTheme(): void {
  theme.subscribe((chosen) => {
    if (chosen === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = chosen
    for (const scheme of ['light', 'dark'] as const) {
      const meta = document.querySelector<HTMLMetaElement>(`meta[name='theme-color'][media*='${scheme}']`)
      if (meta) meta.content = windowColors[chosen === 'system' ? scheme : chosen]
    }
  })
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  try {
    localStorage.setItem(KEY, chosen)
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
}

function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  } catch {
    return 'system'
  }
}
