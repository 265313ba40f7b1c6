import type { UserConfig } from 'vite'
export function demoConfig(): UserConfig { return {} }
export function serviceWorkerConfig(): UserConfig { return {} }
