import type { ComponentChild } from 'preact'
import { useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import { ChevronRight, Folder as FolderIcon, FolderOpen, Vault } from 'lucide-preact'
import { parentPath, type FileTree, type Folder } from '../../model/file-tree.js'
import { sortItems } from '../../model/file-sort.js'
import { VirtualList } from '../controls/virtual-list.js'
import { useMedia } from './use-media.js'

export interface FolderTreeProps {
  readonly label: string
  readonly tree: FileTree
  readonly rootName: string
  /** The folder that is shown. */
  readonly chosen: string
  readonly onChoose: (path: string) => void
  /** Folders that cannot be chosen, with all below. */
  readonly isOut?: ((path: string) => boolean) | undefined
  /** What a folder does with what is dropped on it. */
  readonly drop?: ((path: string) => object) | undefined
}

interface Node {
  readonly path: string
  readonly name: string
  readonly level: number
  readonly isOpen: boolean
  readonly hasFolders: boolean
}

/** All folders as a tree, of which only what is in sight is in the document. */
export function FolderTree({ label, tree, rootName, chosen, onChoose, isOut, drop }: FolderTreeProps): ComponentChild {
  const opened = useSignal<ReadonlySet<string>>(new Set(['', chosen, ...ancestors(chosen)]))
  const cursor = useSignal(chosen)
  const prefix = useId()
  const isTouch = useMedia('(pointer: coarse)')
  useEffect(() => {
    opened.value = new Set([...opened.value, chosen, ...ancestors(chosen)])
    cursor.value = chosen
  }, [chosen])
  const nodes = nodesOf(tree, rootName, opened.value, isOut)
  const at = Math.max(0, nodes.findIndex(({ path }) => path === cursor.value))
  const here = nodes[at]
  const setOpen = (path: string, isOpen: boolean): void => {
    const next = new Set(opened.value)
    if (isOpen) next.add(path)
    else next.delete(path)
    opened.value = next
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!here || event.ctrlKey || event.altKey || event.metaKey) return
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: nodes.length - 1 }[event.key]
    if (to !== undefined) cursor.value = nodes[Math.max(0, Math.min(nodes.length - 1, to))]?.path ?? ''
    else if (event.key === 'ArrowRight') {
      if (here.hasFolders && !here.isOpen) setOpen(here.path, true)
      else if (here.hasFolders) cursor.value = nodes[at + 1]?.path ?? ''
    } else if (event.key === 'ArrowLeft') {
      if (here.isOpen && here.hasFolders) setOpen(here.path, false)
      else cursor.value = parentPath(here.path)
    } else if (event.key === 'Enter' || event.key === ' ') onChoose(here.path)
    else return
    event.preventDefault()
  }
  return (
    <VirtualList
      label={label}
      role="tree"
      items={nodes}
      rowHeight={isTouch ? 44 : 36}
      keyOf={({ path }) => `/${path}`}
      shown={at}
      active={here ? `${prefix}-${at}` : ''}
      onKeyDown={onKeyDown}
    >
      {({ path, name, level, isOpen, hasFolders }, index) => {
        const Icon = path === '' ? Vault : path === chosen ? FolderOpen : FolderIcon
        return (
          <div
            id={`${prefix}-${index}`}
            class={`tree-row${path === chosen ? ' is-chosen' : ''}${index === at ? ' is-current' : ''}`}
            role="treeitem"
            aria-level={level + 1}
            aria-expanded={hasFolders ? isOpen : undefined}
            aria-selected={path === chosen}
            style={{ paddingInlineStart: `${level * 16 + 4}px` }}
            title={name}
            onClick={() => onChoose(path)}
            {...drop?.(path)}
          >
            <span
              class={`tree-twisty${isOpen ? ' is-open' : ''}${hasFolders ? '' : ' is-leaf'}`}
              aria-hidden="true"
              onClick={(event) => {
                event.stopPropagation()
                setOpen(path, !isOpen)
              }}
            >
              <ChevronRight />
            </span>
            <Icon class="tree-icon" aria-hidden="true" />
            <span class="tree-name">{name}</span>
          </div>
        )
      }}
    </VirtualList>
  )
}

function nodesOf(tree: FileTree, rootName: string, opened: ReadonlySet<string>, isOut: ((path: string) => boolean) | undefined): Node[] {
  const nodes: Node[] = []
  const visit = (folder: Folder, level: number): void => {
    const { path, name } = folder.item
    const inner = folder.folders.filter(({ item }) => !isOut?.(item.path))
    const isOpen = opened.has(path)
    nodes.push({ path, name: path === '' ? rootName : name, level, isOpen, hasFolders: inner.length > 0 })
    if (!isOpen) return
    for (const { path } of sortItems(inner.map(({ item }) => item), { by: 'name', descending: false })) {
      const next = tree.folder(path)
      if (next) visit(next, level + 1)
    }
  }
  visit(tree.root, 0)
  return nodes
}

function ancestors(path: string): string[] {
  const above: string[] = []
  for (let at = parentPath(path); at !== ''; at = parentPath(at)) above.push(at)
  return above
}
