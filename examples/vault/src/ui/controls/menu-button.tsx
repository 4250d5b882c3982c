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
  const [opener, setOpener] = useState<HTMLElement>()
  const toggle = (event: MouseEvent): void => setOpener(opener ? undefined : (event.currentTarget as HTMLElement))
  return (
    <>
      <Button kind={kind} label={label} disabled={disabled} isMenuOpen={opener !== undefined} onClick={toggle}>
        {children}
      </Button>
      {opener && <Menu label={label} items={items} at={below(opener)} opener={opener} onClose={() => setOpener(undefined)} />}
    </>
  )
}

function below(element: HTMLElement): { x: number; y: number } {
  const { left, bottom } = element.getBoundingClientRect()
  return { x: left, y: bottom + 4 }
}
