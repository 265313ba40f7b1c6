/** Name of the durable object that holds a shard of a site's events. A site name has no slash. */
export function shardName(site: string, shard: number): string {
  return `${site}/${shard}`
}
