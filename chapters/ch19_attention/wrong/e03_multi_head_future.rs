// expect: cached: the new tokens see each other's future
// exercise: cached
        let options = AttentionOptions { mask: Mask::NONE, offset: cache.len(), ..Default::default() };
        cache.extend(&k, &v);
        let output = flash_attention(&q, &cache.keys(), &cache.values(), &options).output;
        self.output.infer(merge_heads(output))
// exercise: end
