import type { Component } from 'vue'
import type { RouteRecordRaw } from 'vue-router'
import type { Role } from '@/api/gen'

/** The parts of the navigation, one for each of the three people. */
export const SECTIONS = ['create', 'host', 'run'] as const
export type Section = (typeof SECTIONS)[number]

/** A page in the navigation. Where a role is named, only who has it sees the item; the server decides what they may. */
export interface NavItem {
  to: string
  /** The key of the word, of the frame's texts (`nav.<word>`), for slices' texts come with their routes. */
  word: string
  /** An icon's path, from @mdi/js. */
  icon: string
  section: Section
  /** Its place in the section; the lower the earlier. */
  order: number
  role?: Role
}

/** An act in the palette (Ctrl+K) beside the pages. */
export interface PaletteEntry {
  /** The key of the word, of the frame's texts (`palette.<word>`). */
  word: string
  icon: string
  role?: Role
  to: string
}

/** Where an id that somebody pasted into the palette leads. */
export interface IdTarget {
  /** What it would be, of the frame's texts (`palette.<word>`). */
  word: string
  icon: string
  role?: Role
  to(id: string): string
}

/** A page of a slice. Its component and its slice's texts are loaded together. */
export interface PageRoute {
  path: string
  name: string
  page: () => Promise<{ default: Component }>
  /** Anybody may see it, signed in or not. */
  open?: true
  /** Without the frame, as the pages to sign in. */
  bare?: true
  role?: Role
}

/** What a slice adds to the console. `app/` finds it; nothing else has to be edited. */
export interface Feature {
  /** The name of the folder, which its texts are under. */
  slice: string
  routes: PageRoute[]
  nav?: NavItem[]
  palette?: PaletteEntry[]
  ids?: IdTarget[]
}

/** Only gives the type. */
export function defineFeature(feature: Feature): Feature {
  return feature
}

declare module 'vue-router' {
  interface RouteMeta {
    slice?: string
    open?: boolean
    bare?: boolean
    role?: Role
  }
}

/** The route as the router wants it. */
export function record(feature: Feature, route: PageRoute, load: PageRoute['page']): RouteRecordRaw {
  return {
    path: route.path,
    name: route.name,
    component: load,
    meta: {
      slice: feature.slice,
      ...(route.open ? { open: true } : {}),
      ...(route.bare ? { bare: true } : {}),
      ...(route.role ? { role: route.role } : {}),
    },
  }
}
