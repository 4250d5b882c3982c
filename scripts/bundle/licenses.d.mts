import type { Plugin } from 'vite'

/** A Vite plugin that puts the licences of all packages in a bundle beside it. `fileName`: where in the bundle's folder. */
export declare function licenses(fileName: string): Plugin
