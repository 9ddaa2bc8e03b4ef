// expect: cached: the new queries stand behind the tokens of the cache: the offset is missing
// exercise: cached
        let options = AttentionOptions { mask: Mask::CAUSAL, ..Default::default() };
        cache.extend(&k, &v);
        let output = flash_attention(&q, &cache.keys(), &cache.values(), &options).output;
        self.output.infer(merge_heads(output))
// exercise: end
