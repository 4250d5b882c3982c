import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface MenuItem {
  readonly label: string
  readonly icon?: ComponentChild | undefined
  readonly onChoose: () => void
  readonly isDangerous?: boolean | undefined
  readonly disabled?: boolean | undefined
}

export interface MenuProps {
  /** What it is a menu of. */
  readonly label: string
  readonly items: readonly MenuItem[]
  /** Where its corner goes, in the window's pixels; it is moved so that all of it is seen. */
  readonly at: { readonly x: number; readonly y: number }
  /** What opened it, which closes it by itself when it is pressed again. */
  readonly opener?: HTMLElement | undefined
  readonly onClose: () => void
}

/** A menu, there for as long as it is rendered. Arrows, Home, End and first letters go through it; Escape closes it and gives the focus back. */
export function Menu({ label, items, at, opener, onClose }: MenuProps): ComponentChild {
  const element = useRef<HTMLDivElement>(null)
  const before = useRef<Element>(null)
  const buttons = (): HTMLButtonElement[] => [...(element.current?.querySelectorAll('button') ?? [])]
  const giveFocusBack = (): void => {
    const holds = element.current?.contains(document.activeElement) === true || document.activeElement === document.body
    if (before.current instanceof HTMLElement && holds) before.current.focus()
  }
  // At once: a key that follows quickly is for the menu.
  useLayoutEffect(() => {
    const menu = element.current
    if (!menu) return undefined
    before.current = document.activeElement
    const { width, height } = menu.getBoundingClientRect()
    menu.style.left = `${Math.max(8, Math.min(at.x, innerWidth - width - 8))}px`
    menu.style.top = `${Math.max(8, Math.min(at.y, innerHeight - height - 8))}px`
    buttons().find((button) => !button.disabled)?.focus()
    const closeOutside = (event: PointerEvent): void => {
      const target = event.target as Node
      if (!menu.contains(target) && opener?.contains(target) !== true) onClose()
    }
    addEventListener('pointerdown', closeOutside, true)
    addEventListener('resize', onClose)
    return () => {
      removeEventListener('pointerdown', closeOutside, true)
      removeEventListener('resize', onClose)
      giveFocusBack()
    }
  }, [])
  const onKeyDown = (event: KeyboardEvent): void => {
    const usable = buttons().filter((button) => !button.disabled)
    const here = usable.indexOf(document.activeElement as HTMLButtonElement)
    const next = { ArrowDown: here + 1, ArrowUp: here - 1 + usable.length, Home: 0, End: usable.length - 1 }[event.key]
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      onClose()
    } else if (next !== undefined) {
      event.preventDefault()
      usable[next % usable.length]?.focus()
    } else if (event.key.length === 1) {
      const letter = event.key.toLowerCase()
      const order = [...usable.slice(here + 1), ...usable.slice(0, here + 1)]
      order.find((button) => button.textContent.trim().toLowerCase().startsWith(letter))?.focus()
    }
    event.stopPropagation()
  }
  return (
    <div ref={element} class="menu" role="menu" aria-label={label} onKeyDown={onKeyDown}>
      {items.map(({ label, icon, onChoose, isDangerous, disabled }) => (
        <button
          key={label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          disabled={disabled}
          class={isDangerous === true ? 'menu-item menu-item-danger' : 'menu-item'}
          onClick={() => {
            // Before a dialog that is chosen takes it, to give it back to what is still there.
            giveFocusBack()
            onClose()
            onChoose()
          }}
        >
          {icon}
          {label}
        </button>
      ))}
    </div>
  )
}
