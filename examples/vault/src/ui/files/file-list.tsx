import type { ComponentChild } from 'preact'
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks'
import type { FileItem } from '../../model/file-tree.js'
import type { FilesState } from '../../model/files.js'
import { Menu, type MenuItem } from '../controls/menu.js'
import { VirtualList } from '../controls/virtual-list.js'
import { commandsFor, commandsHere, openItem, READ_ONLY } from './commands.js'
import { dropOnto, endDrag, startDrag } from './dragging.js'
import { FileRow } from './file-row.js'
import { ListKeys } from './list-keys.js'
import { LongPress } from './touches.js'
import { useMedia } from './use-media.js'

interface OpenMenu {
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly at: { readonly x: number; readonly y: number }
}

/** The files of a folder, of a search or of the trash. */
export function FileList({ state, label }: { readonly state: FilesState; readonly label: string }): ComponentChild {
  const { rows, paths, selection, cut } = state
  const frame = useRef<HTMLDivElement>(null)
  const prefix = useId()
  const isNarrow = useMedia('(max-width: 760px)')
  const canDrag = useMedia('(pointer: fine)') && state.session.writable.value && !state.isTrash.value
  const [menu, setMenu] = useState<OpenMenu>()
  const rowHeight = isNarrow || state.isSearching.value || state.isTrash.value ? 58 : 44
  const keys = useMemo(() => new ListKeys(state, () => Math.floor((frame.current?.clientHeight ?? 0) / rowHeight)), [state, rowHeight])
  const press = useMemo(() => new LongPress(), [state])
  const current = paths.value.indexOf(selection.cursor.value ?? '')
  const rowId = (index: number): string => `${prefix}-${index}`
  const itemOf = (event: Event): FileItem | undefined => {
    const path = (event.target as Element).closest<HTMLElement>('.file-row')?.dataset['path']
    return rows.value.find((item) => item.path === path)
  }
  const focusList = (): void => frame.current?.querySelector<HTMLElement>('.virtual-list')?.focus({ preventScroll: true })

  // Whoever opens a folder by keyboard goes on in it, though another list is shown.
  useEffect(() => {
    if (document.activeElement === document.body) focusList()
  }, [rows.value])

  const onClick = (event: MouseEvent): void => {
    const item = itemOf(event)
    if (press.takeClick()) return
    if (!item) selection.clear()
    else if (press.isTouch) {
      if (selection.selected.value.size > 0) selection.toggle(item.path)
      else openItem(state, item)
    } else if (event.shiftKey) selection.range(paths.value, item.path)
    else if (event.ctrlKey || event.metaKey) selection.toggle(item.path)
    else selection.only(item.path)
  }
  const onDblClick = (event: MouseEvent): void => {
    const item = itemOf(event)
    if (item && !press.isTouch && !event.shiftKey && !event.ctrlKey) openItem(state, item)
  }
  const onPointerDown = (event: PointerEvent): void => {
    const item = itemOf(event)
    press.begin(event, () => {
      if (item) selection.toggle(item.path)
    })
  }
  const onContextMenu = (event: MouseEvent): void => {
    event.preventDefault()
    if (press.isTouch) return
    // By the keyboard it comes from the list itself.
    const byKeyboard = event.button !== 2
    const item = byKeyboard ? rows.value[current] : itemOf(event)
    if (item && !selection.selected.value.has(item.path)) selection.only(item.path)
    else if (!item) selection.clear()
    focusList()
    const items = [...commandsFor(state, state.chosen.value), ...commandsHere(state)].map((command) => toMenuItem(state, command))
    if (items.length === 0) return
    const box = byKeyboard ? document.getElementById(rowId(current))?.getBoundingClientRect() : undefined
    const label = item ? `Actions for ${state.chosen.value.length === 1 ? item.name : `${state.chosen.value.length} items`}` : 'Actions'
    setMenu({ label, items, at: box ? { x: box.left + 48, y: box.bottom } : { x: event.clientX, y: event.clientY } })
  }
  return (
    <div
      ref={frame}
      class="file-list"
      onClick={onClick}
      onDblClick={onDblClick}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => press.move(event)}
      onPointerUp={() => press.end()}
      onPointerCancel={() => press.end()}
      onContextMenu={onContextMenu}
    >
      <VirtualList
        label={label}
        role="listbox"
        multiselectable
        items={rows.value}
        rowHeight={rowHeight}
        keyOf={(item) => item.path}
        shown={current < 0 ? undefined : current}
        active={current < 0 ? '' : rowId(current)}
        onKeyDown={(event) => keys.handle(event)}
      >
        {(item, index) => (
          <div
            class="file-drag"
            role="presentation"
            draggable={canDrag}
            onDragStart={(event) => startDrag(state, item.path, event)}
            onDragEnd={endDrag}
            {...(item.isFolder && !item.deleted ? dropOnto(state, item.path) : {})}
          >
            <FileRow
              item={item}
              id={rowId(index)}
              position={index}
              count={rows.value.length}
              isSelected={selection.selected.value.has(item.path)}
              isCurrent={index === current}
              isCut={cut.value.includes(item.path)}
              showsFolder={state.isSearching.value || state.isTrash.value}
            />
          </div>
        )}
      </VirtualList>
      {menu && <Menu {...menu} onClose={() => setMenu(undefined)} />}
    </div>
  )
}

function toMenuItem({ session }: FilesState, { label, icon, run, changes, isDangerous }: ReturnType<typeof commandsFor>[number]): MenuItem {
  const disabled = changes && !session.writable.value
  return { label: disabled ? `${label} (${READ_ONLY})` : label, icon, onChoose: run, isDangerous, disabled }
}
