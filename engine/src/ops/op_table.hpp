#pragma once

#include <cstdint>

// The one seam between the forward pass and a backend. A C ABI: plain structs that carry their size, a status and a
// message buffer; no std:: type, exception or ownership crosses it, because a GPU plug-in may be built by another
// compiler. All activations are float32, row-major, in the backend's own memory. Weights are as the file has them. With
// a device everything that an op's arguments point to lies there (weights, the lists of pages, routes, owned), but for
// the batch, row_index and the structs themselves.

extern "C" {

constexpr uint32_t conclave_op_table_version = 8;

// The largest kv_lora_rank and qk_nope_head_dim that attention_mla takes; published models have 512 and 128.
constexpr int32_t conclave_max_mla_width = 8192;

struct ConclaveMessage {
    char* text; // receives one sentence, zero-terminated
    uint32_t capacity;
};

enum ConclaveStatus : int32_t {
    conclave_ok = 0,
    conclave_unsupported,
    conclave_out_of_memory,
    conclave_device_lost,
    conclave_invalid
};

// A weight matrix, or n_matrices of one shape (experts, heads): at a fixed distance, or each where `parts` says, as
// experts lie that are tensors of their own in the file. y = W x contracts over n_cols. data may be null: the matrix is
// absent. Norms and biases, unlike matrices, are aligned floats: the loader copies them.
struct ConclaveMatrix {
    const void* data; // unaligned, as mapped; with parts the first of them
    int32_t dtype;    // conclave::DType: the ggml type ids, and one of its own
    int32_t n_matrices;
    int64_t n_rows; // outputs
    int64_t n_cols; // inputs, contiguous
    int64_t row_bytes;
    int64_t matrix_bytes;               // distance of one matrix to the next
    const void* const* parts = nullptr; // [n_matrices] or null
    // F8_E4M3: [n_matrices, n_rows / 128, n_cols / 128], both rounded up; each multiplies a block of 128 × 128. Null
    // for any other type.
    const float* scale = nullptr;
};

// Rows of any number of sequences. Positions of one sequence ascend within a batch.
struct ConclaveBatch {
    uint32_t size;
    int32_t n_rows;
    const int32_t* sequence; // [n_rows] index into the cache views of an attention call
    const int32_t* position; // [n_rows]
    const int32_t* token;    // [n_rows]
};

// The cached rows of one sequence in one layer: page p holds positions p*page_rows … as [page_rows, row_width] of
// dtype: F32, F16, BF16, or Q8_0 where no head begins within a block. The op writes the rows of this batch and reads
// all positions up to each row's own, those of the batch as they were written.
struct ConclaveCacheView {
    void* const* pages;
    int32_t n_pages;
    int32_t page_rows;
    int32_t row_width;
    int32_t dtype = 0; // conclave::DType
};

struct ConclaveRope {
    const float* inverse_frequency; // [n_dims / 2], scaling already applied
    int32_t n_dims;
    int32_t interleaved; // 1: pairs (2i, 2i+1); 0: pairs (i, i + n_dims/2)
    float magnitude;     // multiplies cos and sin
};

// auto: each sequence by its own rows in the batch: naive from 32 on, where decompressing the cache once serves many
// queries; absorbed below.
enum ConclaveMlaMode : int32_t { conclave_mla_auto = 0, conclave_mla_naive, conclave_mla_absorbed };

// Multi-head latent attention. x += W_o · attention(RMSNorm(x)).
// Cache row: [kv_lora_rank | qk_rope_head_dim], the latent after its norm and the shared key after RoPE.
struct ConclaveMlaWeights {
    uint32_t size;
    const float* attn_norm; // [hidden]
    ConclaveMatrix q;       // [n_head*(nope+rope), hidden]; absent when q_a is there
    ConclaveMatrix q_a;     // [q_lora_rank, hidden]
    const float* q_a_norm;  // [q_lora_rank]
    ConclaveMatrix q_b;     // [n_head*(nope+rope), q_lora_rank]
    ConclaveMatrix kv_a;    // [kv_lora_rank + rope, hidden]
    const float* kv_a_norm; // [kv_lora_rank]
    ConclaveMatrix k_b;     // n_head × [kv_lora_rank, nope]: absorbs q_nope into the latent
    ConclaveMatrix v_b;     // n_head × [v_head_dim, kv_lora_rank]
    ConclaveMatrix o;       // [hidden, n_head*v_head_dim]
    int32_t hidden, n_head, qk_nope_head_dim, qk_rope_head_dim, v_head_dim, kv_lora_rank, q_lora_rank;
    float rms_norm_eps, softmax_scale;
    ConclaveRope rope;
};

// What is normed of queries and keys before RoPE: nothing, each head by itself, or all heads as one row.
enum ConclaveQkNorm : int32_t { conclave_qk_norm_none = 0, conclave_qk_norm_head, conclave_qk_norm_row };

// Grouped-query attention. x += W_o · attention(RMSNorm(x)); query head h meets key head h / (n_head / n_head_kv).
// Cache row: [n_head_kv*head_dim keys after their norm and RoPE | n_head_kv*head_dim values]. RoPE turns the first
// rope.n_dims values of a head. A sink is a score that takes part in the softmax of its head and has no value.
struct ConclaveGqaWeights {
    uint32_t size;
    const float* attn_norm;                // [hidden]
    ConclaveMatrix q;                      // [n_head*head_dim, hidden]
    ConclaveMatrix k, v;                   // [n_head_kv*head_dim, hidden]
    ConclaveMatrix o;                      // [hidden, n_head*head_dim]
    const float *q_bias, *k_bias, *v_bias; // as many as the rows of their matrix; may be null
    const float *q_norm, *k_norm;          // [head_dim], or as many as the rows when qk_norm is the whole row
    int32_t qk_norm;
    int32_t hidden, n_head, n_head_kv, head_dim;
    float rms_norm_eps, softmax_scale;
    ConclaveRope rope;
    const float* o_bias = nullptr; // [hidden]; may be null
    const float* sinks = nullptr;  // [n_head]; may be null
    int32_t window = 0;            // positions a row sees, its own among them; 0: all up to its own
};

// x += W_down (silu(W_gate n) ⊙ W_up n), n = RMSNorm(x).
struct ConclaveMlpWeights {
    uint32_t size;
    const float* norm; // [hidden]
    ConclaveMatrix gate, up, down;
    int32_t hidden;
    float rms_norm_eps;
};

// logit: the logits themselves choose, and a softmax over those chosen weighs; norm_topk_prob has no part in it.
enum ConclaveScore : int32_t { conclave_score_softmax = 0, conclave_score_sigmoid, conclave_score_logit };
enum ConclaveGroupRule : int32_t { conclave_group_none = 0, conclave_group_max, conclave_group_top2_sum };

// silu: silu(g) · u. clamped: g · sigmoid(alpha · g) · (u + 1) of g at most limit and u within ±limit (gpt-oss).
enum ConclaveActivation : int32_t { conclave_activation_silu = 0, conclave_activation_clamped };

// x += g · shared(n) + Σ weight_e · expert_e(n), n = RMSNorm(x); g = sigmoid(shexp_gate · n), or 1 without a gate.
struct ConclaveMoeWeights {
    uint32_t size;
    const float* norm;                               // [hidden]
    ConclaveMatrix router;                           // [n_experts, hidden]
    const float* bias;                               // [n_experts], chooses but never weighs; may be null
    ConclaveMatrix gate_exps, up_exps, down_exps;    // n_experts matrices each
    ConclaveMatrix gate_shexp, up_shexp, down_shexp; // may be absent
    ConclaveMatrix shexp_gate;                       // [1, hidden]; may be absent
    int32_t hidden, n_experts, n_experts_used;
    int32_t score, group_rule, n_group, topk_group;
    int32_t norm_topk_prob;
    float routed_scaling_factor, rms_norm_eps;
    const float* router_bias = nullptr; // [n_experts], part of the logits; may be null
    // [n_experts, as many as the rows of an expert's matrix]; may be null
    const float *gate_exps_bias = nullptr, *up_exps_bias = nullptr, *down_exps_bias = nullptr;
    int32_t activation = conclave_activation_silu; // of the routed experts
    float activation_alpha = 0, activation_limit = 0;
};

// Where a block of multi-token prediction meets the model: x = W_eh · [RMSNorm_e(embedding of the token) |
// RMSNorm_h(x)].
struct ConclaveMtpWeights {
    uint32_t size;
    ConclaveMatrix embedding;   // [n_vocab, hidden]
    const float *enorm, *hnorm; // [hidden] of the embedding, of x
    ConclaveMatrix eh_proj;     // [hidden, 2*hidden], the embedding's half first
    int32_t hidden;
    float rms_norm_eps;
};

// What the router decided; written by route and by moe, never recomputed elsewhere. Ties go to the lower id.
struct ConclaveRoutes {
    uint16_t* ids;          // [n_rows, k], by descending selection score
    float* weights;         // [n_rows, k]
    float* margins;         // [n_rows], +inf when no expert of an open group was left to choose
    uint32_t* groups;       // [n_rows], bit mask of open groups; bit 0 alone when there are no groups
    int64_t row_stride_k;   // elements from one row's ids/weights to the next
    int64_t row_stride_one; // elements from one row's margin/groups/group margin to the next
    // [n_rows] group score of the worst open group minus the best closed one, +inf when none is closed; may be null.
    float* group_margins = nullptr;
};

// The largest shapes that will be asked for, so that a step allocates nothing.
struct ConclaveLimits {
    uint32_t size;
    int32_t max_rows, max_positions, hidden, max_intermediate, n_head, max_head_dim, kv_lora_rank, q_lora_rank,
        n_experts, n_experts_used, max_vocab_rows;
    int32_t n_head_kv; // 0: no layer has grouped-query attention; likewise kv_lora_rank for MLA
    // The widest expert (routed or shared); max_intermediate is the widest dense MLP. Apart, because a step holds
    // max_rows * n_experts_used rows of the one and max_rows of the other.
    int32_t max_expert_intermediate;
    int32_t with_mtp; // 1: mtp_mix will be asked for
};

struct ConclaveBackendOptions {
    uint32_t size;
    void* thread_pool;  // conclave::ThreadPool of the host; host backends only
    int32_t device = 0; // which of a plug-in's devices; host backends ignore it
};

using ConclaveBackend = void*;

struct ConclaveDeviceInfo {
    uint32_t size;
    char name[128];
    uint64_t total_bytes, free_bytes;
};

// What a backend with memory of its own answers besides. What a backend is asked happens in order: an upload, ops, a
// download; the host sees none of it before synchronize. Thread: memory is asked for and copied from any, ops from one.
struct ConclaveDeviceTable {
    uint32_t size;

    // 0 with a sentence why: no driver, no device.
    int32_t (*count)(ConclaveMessage* message);
    ConclaveStatus (*info)(int32_t device, ConclaveDeviceInfo* info, ConclaveMessage* message);
    // 1: ops read weights of this type as a file has them; 0: they are brought as F32.
    int32_t (*reads)(int32_t dtype);
    // Whether ops compute such a layer; otherwise unsupported, with a sentence. Reads no weights.
    ConclaveStatus (*takes_mla)(const ConclaveMlaWeights* weights, ConclaveMessage* message);
    ConclaveStatus (*takes_gqa)(const ConclaveGqaWeights* weights, ConclaveMessage* message);
    ConclaveStatus (*takes_moe)(const ConclaveMoeWeights* weights, ConclaveMessage* message);

    // At a multiple of 256 bytes. Out of memory is said with the bytes wanted and free.
    ConclaveStatus (*allocate)(ConclaveBackend backend, uint64_t n_bytes, void** memory, ConclaveMessage* message);
    void (*release)(ConclaveBackend backend, void* memory);
    // Memory of the host that a device copies to without help.
    ConclaveStatus (*allocate_pinned)(ConclaveBackend backend, uint64_t n_bytes, void** memory,
                                      ConclaveMessage* message);
    void (*release_pinned)(ConclaveBackend backend, void* memory);
    // `from` may change once upload returns; `to` holds a download after synchronize.
    ConclaveStatus (*upload)(ConclaveBackend backend, void* to, const void* from, uint64_t n_bytes,
                             ConclaveMessage* message);
    ConclaveStatus (*download)(ConclaveBackend backend, void* to, const void* from, uint64_t n_bytes,
                               ConclaveMessage* message);
    ConclaveStatus (*synchronize)(ConclaveBackend backend, ConclaveMessage* message);

    // Before the first op of a step: its rows, which the ops of the step then name again. A caller that will ask for
    // the same ops with the same arguments again, whatever the batch holds, gives a number of its own as key (0: it
    // will not): the step may be recorded, and when *recorded comes back 1 the ops are to be left out.
    ConclaveStatus (*begin_step)(ConclaveBackend backend, const ConclaveBatch* batch, uint64_t key, int32_t* recorded,
                                 ConclaveMessage* message);
    // After the last op, also when one failed: then complete is 0 and nothing is kept of the step.
    ConclaveStatus (*end_step)(ConclaveBackend backend, int32_t complete, ConclaveMessage* message);
};

// Arrays: x [n_rows, hidden] is the residual stream, updated in place unless said otherwise.
struct ConclaveOpTable {
    uint32_t size;
    uint32_t version;
    const char* name;
    const ConclaveDeviceTable* device; // null: the backend computes in the host's memory

    ConclaveStatus (*create)(const ConclaveBackendOptions* options, ConclaveBackend* backend, ConclaveMessage* message);
    void (*destroy)(ConclaveBackend backend);
    // Reserves scratch; *bytes receives how much it holds. With backend null only counts.
    // A host backend counts on the threads its pool has now, or the machine has; a pool that grows later is safe.
    ConclaveStatus (*prepare)(ConclaveBackend backend, const ConclaveLimits* limits, uint64_t* bytes,
                              ConclaveMessage* message);

    // x [n_rows, hidden] = rows of the embedding matrix.
    ConclaveStatus (*embed)(ConclaveBackend backend, const ConclaveMatrix* embedding, const ConclaveBatch* batch,
                            float* x, ConclaveMessage* message);
    // caches [number of sequences in the batch]
    ConclaveStatus (*attention_mla)(ConclaveBackend backend, const ConclaveMlaWeights* weights,
                                    const ConclaveBatch* batch, const ConclaveCacheView* caches, int32_t mode, float* x,
                                    ConclaveMessage* message);
    ConclaveStatus (*attention_gqa)(ConclaveBackend backend, const ConclaveGqaWeights* weights,
                                    const ConclaveBatch* batch, const ConclaveCacheView* caches, float* x,
                                    ConclaveMessage* message);
    ConclaveStatus (*mlp)(ConclaveBackend backend, const ConclaveMlpWeights* weights, int32_t n_rows, float* x,
                          ConclaveMessage* message);
    ConclaveStatus (*moe)(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, float* x,
                          const ConclaveRoutes* routes, ConclaveMessage* message);
    // The two halves of moe: routes of RMSNorm(x); then out [n_rows, hidden] = the sum over experts e with owned[e] !=
    // 0 (all when owned is null), plus the shared expert when with_shared != 0.
    ConclaveStatus (*route)(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                            const ConclaveRoutes* routes, ConclaveMessage* message);
    ConclaveStatus (*experts)(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows,
                              const float* x, const ConclaveRoutes* routes, const uint8_t* owned, int32_t with_shared,
                              float* out, ConclaveMessage* message);
    // A probe: selection scores before groups and bias, scores [n_rows, n_experts].
    ConclaveStatus (*router_scores)(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows,
                                    const float* x, float* scores, ConclaveMessage* message);
    // x [n_rows, hidden] holds what the model made of each position, before its output norm; the batch's token is the
    // one that came after it. x becomes what the layer of the block takes.
    ConclaveStatus (*mtp_mix)(ConclaveBackend backend, const ConclaveMtpWeights* weights, const ConclaveBatch* batch,
                              float* x, ConclaveMessage* message);
    // logits [n_out, n_vocab] = W · RMSNorm(x[row_index[i]]).
    ConclaveStatus (*head)(ConclaveBackend backend, const float* norm, float rms_norm_eps, const ConclaveMatrix* output,
                           int32_t hidden, const float* x, const int32_t* row_index, int32_t n_out, float* logits,
                           ConclaveMessage* message);
};

// Plain loops, double accumulation: the oracle.
const ConclaveOpTable* conclave_reference_ops();
// Highway kernels for the processor this runs on.
const ConclaveOpTable* conclave_cpu_ops();

// What the CUDA plug-in exports as conclave_cuda_ops: null when `version` is not its own.
using ConclavePluginEntry = const ConclaveOpTable* (*)(uint32_t version);

} // extern "C"
