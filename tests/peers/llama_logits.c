/* llama_logits MODEL OUT KV ID...: llama.cpp's logits of the ids, in one batch on the processor, as float32 [n_tokens][n_vocab].
 *
 * KV is the type of the cache as llama.cpp names it: f32, f16, bf16, q8_0; one that is quantised turns flash attention on, which
 * llama.cpp asks for. Weights stay as the file has them (use_extra_bufts = false): llama.cpp 0.7.0 repacks them
 * into a buffer from which its MLA cannot copy, and ends with an assertion in ggml-backend.cpp. `compare` compiles this.
 */
#include <llama.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void only_errors(enum ggml_log_level level, const char *text, void *user)
{
    (void)user;
    if (level >= GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static enum ggml_type type_named(const char *name)
{
    for (int type = 0; type < GGML_TYPE_COUNT; type++) {
        const char *known = ggml_type_name((enum ggml_type)type);
        if (known && strcmp(known, name) == 0) return (enum ggml_type)type;
    }
    fprintf(stderr, "llama_logits: '%s' is no type of ggml\n", name);
    exit(2);
}

static struct llama_context *context_for(struct llama_model *model, int n_tokens, enum ggml_type kv)
{
    struct llama_context_params parameters = llama_context_default_params();
    parameters.n_ctx = n_tokens < 64 ? 64 : n_tokens;
    parameters.n_batch = parameters.n_ubatch = parameters.n_ctx; /* one step: no row depends on how the ids were cut */
    parameters.n_threads = parameters.n_threads_batch = 2;
    parameters.type_k = parameters.type_v = kv;
    parameters.flash_attn_type = ggml_is_quantized(kv) ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    return llama_init_from_model(model, parameters);
}

static bool feed(struct llama_context *context, int n_tokens, char **ids)
{
    struct llama_batch batch = llama_batch_init(n_tokens, 0, 1);
    batch.n_tokens = n_tokens;
    for (int i = 0; i < n_tokens; i++) {
        batch.token[i] = atoi(ids[i]);
        batch.pos[i] = i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = 1;
    }
    const bool fed = llama_decode(context, batch) == 0;
    llama_batch_free(batch);
    return fed;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: llama_logits MODEL OUT KV ID...\n");
        return 2;
    }
    llama_log_set(only_errors, NULL);
    ggml_backend_load_all();
    struct llama_model_params parameters = llama_model_default_params();
    parameters.n_gpu_layers = 0;
    parameters.use_extra_bufts = false;
    struct llama_model *model = llama_model_load_from_file(argv[1], parameters);
    const int n_tokens = argc - 4;
    struct llama_context *context = model ? context_for(model, n_tokens, type_named(argv[3])) : NULL;
    if (!context || !feed(context, n_tokens, argv + 4)) return 1;

    FILE *out = fopen(argv[2], "wb");
    if (!out) {
        perror(argv[2]);
        return 1;
    }
    const size_t n_vocab = (size_t)llama_vocab_n_tokens(llama_model_get_vocab(model));
    bool written = true;
    for (int i = 0; i < n_tokens; i++) written &= fwrite(llama_get_logits_ith(context, i), sizeof(float), n_vocab, out) == n_vocab;
    if (fclose(out) != 0 || !written) {
        fprintf(stderr, "llama_logits: could not write %s\n", argv[2]);
        return 1;
    }
    llama_free(context);
    llama_model_free(model);
    return 0;
}
