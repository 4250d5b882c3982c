import type { ComponentChild, ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button, type ButtonProps } from './button.js'
import { Menu, type MenuItem } from './menu.js'

export interface MenuButtonProps {
  /** What a screen reader says of the button and the menu. */
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly kind?: ButtonProps['kind']
  readonly disabled?: boolean | undefined
  /** The picture; the button is square. */
  readonly children: ComponentChildren
}

/** A button that opens a menu below it. */
export function MenuButton({ label, items, kind = 'quiet', disabled, children }: MenuButtonProps): ComponentChild {
  const [at, setAt] = useState<{ x: number; y: number }>()
  const open = (event: MouseEvent): void => {
    const { left, bottom } = (event.currentTarget as HTMLElement).getBoundingClientRect()
    setAt({ x: left, y: bottom + 4 })
  }
  return (
    <>
      <Button kind={kind} label={label} disabled={disabled} onClick={open}>
        {children}
      </Button>
      {at && <Menu label={label} items={items} at={at} onClose={() => setAt(undefined)} />}
    </>
  )
}
