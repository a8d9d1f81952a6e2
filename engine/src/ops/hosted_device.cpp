#include "ops/hosted_device.hpp"

#include <algorithm>
#include <vector>

#include "ops/device_weights.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

namespace
{

HostedDevice& self(ConclaveBackend backend)
{
    return *static_cast<HostedDevice*>(backend);
}

/// What one call has on the device. The first failure is kept, and after it nothing happens.
class Visit
{
public:
    Visit(HostedDevice& device, ConclaveMessage* message)
        : m_device(*device.ops().device), m_backend(device.backend()), m_message(message)
    {
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit()
    {
        for (void* memory : m_memory)
            m_device.release(m_backend, memory);
    }

    void* allocate(uint64_t n_bytes)
    {
        void* memory = nullptr;
        if (n_bytes > 0 && m_status == conclave_ok)
            m_status = m_device.allocate(m_backend, n_bytes, &memory, m_message);
        if (memory)
            m_memory.push_back(memory);
        return memory;
    }
    /// A copy there of n values; null of null.
    template <class T>
    T* bring(const T* values, int64_t n)
    {
        const uint64_t n_bytes = values ? static_cast<uint64_t>(n) * sizeof(T) : 0;
        void* there = allocate(n_bytes);
        if (there && m_status == conclave_ok)
            m_status = m_device.upload(m_backend, there, values, n_bytes, m_message);
        return static_cast<T*>(there);
    }
    template <class T>
    void fetch(T* values, const T* there, int64_t n)
    {
        if (there && m_status == conclave_ok)
            m_status = m_device.download(m_backend, values, there, static_cast<uint64_t>(n) * sizeof(T), m_message);
    }
    template <class Weights>
    Weights weights(const Weights& host)
    {
        Weights there = host;
        DeviceWeights transfer(m_device);
        transfer.add(there);
        auto* memory = static_cast<std::byte*>(allocate(transfer.n_bytes()));
        if (m_status == conclave_ok)
            m_status = transfer.run(m_backend, memory, {}, m_message);
        return there;
    }
    template <class Call>
    void call(Call&& op)
    {
        if (m_status == conclave_ok)
            m_status = op(m_backend, m_message);
    }
    void begin(const ConclaveBatch& batch)
    {
        int32_t recorded = 0;
        if (m_status == conclave_ok)
            m_status = m_device.begin_step(m_backend, &batch, 0, &recorded, m_message);
    }
    ConclaveStatus finish()
    {
        call([&](ConclaveBackend backend, ConclaveMessage* message) { return m_device.synchronize(backend, message); });
        return m_status;
    }

private:
    const ConclaveDeviceTable& m_device;
    ConclaveBackend m_backend;
    ConclaveMessage* m_message;
    ConclaveStatus m_status = conclave_ok;
    std::vector<void*> m_memory;
};

/// The caches of a batch's sequences, there and back.
class Caches
{
public:
    Caches(Visit& visit, const ConclaveBatch& batch, const ConclaveCacheView* host) : m_visit(visit), m_host(host)
    {
        for (int32_t i = 0; i < batch.n_rows; ++i)
            m_n = std::max(m_n, batch.sequence[i] + 1);
        for (int32_t s = 0; s < m_n; ++s) {
            std::vector<void*>& pages = m_pages.emplace_back();
            for (int32_t p = 0; p < host[s].n_pages; ++p)
                pages.push_back(visit.bring(static_cast<const float*>(host[s].pages[p]), page_floats(host[s])));
            views.push_back(host[s]);
            views.back().pages = visit.bring(pages.data(), host[s].n_pages);
        }
    }
    void fetch()
    {
        for (int32_t s = 0; s < m_n; ++s)
            for (int32_t p = 0; p < m_host[s].n_pages; ++p)
                m_visit.fetch(static_cast<float*>(m_host[s].pages[p]),
                              static_cast<float*>(m_pages[static_cast<size_t>(s)][static_cast<size_t>(p)]),
                              page_floats(m_host[s]));
    }

    std::vector<ConclaveCacheView> views;

private:
    static int64_t page_floats(const ConclaveCacheView& view)
    {
        return static_cast<int64_t>(view.page_rows) * view.row_width;
    }

    Visit& m_visit;
    const ConclaveCacheView* m_host;
    int32_t m_n = 0;
    std::vector<std::vector<void*>> m_pages;
};

/// The routes of n_rows rows, there and back.
class Routes
{
public:
    Routes(Visit& visit, const ConclaveRoutes& host, int64_t n_rows) : there(host), m_visit(visit), m_host(host)
    {
        m_n_k = n_rows * host.row_stride_k;
        m_n_one = n_rows * host.row_stride_one;
        there.ids = visit.bring(host.ids, m_n_k);
        there.weights = visit.bring(host.weights, m_n_k);
        there.margins = visit.bring(host.margins, m_n_one);
        there.groups = visit.bring(host.groups, m_n_one);
        there.group_margins = visit.bring(host.group_margins, m_n_one);
    }
    void fetch()
    {
        m_visit.fetch(m_host.ids, there.ids, m_n_k);
        m_visit.fetch(m_host.weights, there.weights, m_n_k);
        m_visit.fetch(m_host.margins, there.margins, m_n_one);
        m_visit.fetch(m_host.groups, there.groups, m_n_one);
        m_visit.fetch(m_host.group_margins, there.group_margins, m_n_one);
    }

    ConclaveRoutes there;

private:
    Visit& m_visit;
    const ConclaveRoutes& m_host;
    int64_t m_n_k, m_n_one;
};

ConclaveStatus create(const ConclaveBackendOptions*, ConclaveBackend*, ConclaveMessage* message)
{
    return fail(conclave_unsupported, message, "A hosted device is made by its class.");
}

void destroy(ConclaveBackend) {}

ConclaveStatus prepare(ConclaveBackend backend, const ConclaveLimits* limits, uint64_t* bytes, ConclaveMessage* message)
{
    return self(backend).ops().prepare(self(backend).backend(), limits, bytes, message);
}

ConclaveStatus embed(ConclaveBackend backend, const ConclaveMatrix* embedding, const ConclaveBatch* batch, float* x,
                     ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMatrix matrix = visit.weights(*embedding);
    const int64_t n = batch->n_rows * embedding->n_cols;
    float* there = visit.bring(x, n);
    visit.begin(*batch);
    visit.call(
        [&](ConclaveBackend b, ConclaveMessage* m) { return self(backend).ops().embed(b, &matrix, batch, there, m); });
    visit.fetch(x, there, n);
    return visit.finish();
}

/// Either kind of attention: op(inner backend, weights there, caches there, x there, message).
template <class Weights, class Op>
ConclaveStatus attend(ConclaveBackend backend, const Weights& host, const ConclaveBatch& batch,
                      const ConclaveCacheView* caches, float* x, ConclaveMessage* message, Op&& op)
{
    Visit visit(self(backend), message);
    const Weights weights = visit.weights(host);
    Caches there(visit, batch, caches);
    const int64_t n = static_cast<int64_t>(batch.n_rows) * host.hidden;
    float* x_there = visit.bring(x, n);
    visit.begin(batch);
    visit.call([&](ConclaveBackend b, ConclaveMessage* m) { return op(b, &weights, there.views.data(), x_there, m); });
    visit.fetch(x, x_there, n);
    there.fetch();
    return visit.finish();
}

ConclaveStatus attention_mla(ConclaveBackend backend, const ConclaveMlaWeights* weights, const ConclaveBatch* batch,
                             const ConclaveCacheView* caches, int32_t mode, float* x, ConclaveMessage* message)
{
    return attend(
        backend, *weights, *batch, caches, x, message,
        [&](ConclaveBackend b, const ConclaveMlaWeights* w, const ConclaveCacheView* c, float* x_there,
            ConclaveMessage* m) { return self(backend).ops().attention_mla(b, w, batch, c, mode, x_there, m); });
}

ConclaveStatus attention_gqa(ConclaveBackend backend, const ConclaveGqaWeights* weights, const ConclaveBatch* batch,
                             const ConclaveCacheView* caches, float* x, ConclaveMessage* message)
{
    return attend(backend, *weights, *batch, caches, x, message,
                  [&](ConclaveBackend b, const ConclaveGqaWeights* w, const ConclaveCacheView* c, float* x_there,
                      ConclaveMessage* m) { return self(backend).ops().attention_gqa(b, w, batch, c, x_there, m); });
}

ConclaveStatus mlp(ConclaveBackend backend, const ConclaveMlpWeights* weights, int32_t n_rows, float* x,
                   ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMlpWeights there = visit.weights(*weights);
    const int64_t n = static_cast<int64_t>(n_rows) * weights->hidden;
    float* x_there = visit.bring(x, n);
    visit.call(
        [&](ConclaveBackend b, ConclaveMessage* m) { return self(backend).ops().mlp(b, &there, n_rows, x_there, m); });
    visit.fetch(x, x_there, n);
    return visit.finish();
}

ConclaveStatus moe(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, float* x,
                   const ConclaveRoutes* routes, ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMoeWeights there = visit.weights(*weights);
    Routes routes_there(visit, *routes, n_rows);
    const int64_t n = static_cast<int64_t>(n_rows) * weights->hidden;
    float* x_there = visit.bring(x, n);
    visit.call([&](ConclaveBackend b, ConclaveMessage* m) {
        return self(backend).ops().moe(b, &there, n_rows, x_there, &routes_there.there, m);
    });
    visit.fetch(x, x_there, n);
    routes_there.fetch();
    return visit.finish();
}

ConclaveStatus route(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                     const ConclaveRoutes* routes, ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMoeWeights there = visit.weights(*weights);
    Routes routes_there(visit, *routes, n_rows);
    const float* x_there = visit.bring(x, static_cast<int64_t>(n_rows) * weights->hidden);
    visit.call([&](ConclaveBackend b, ConclaveMessage* m) {
        return self(backend).ops().route(b, &there, n_rows, x_there, &routes_there.there, m);
    });
    routes_there.fetch();
    return visit.finish();
}

ConclaveStatus experts(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                       const ConclaveRoutes* routes, const uint8_t* owned, int32_t with_shared, float* out,
                       ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMoeWeights there = visit.weights(*weights);
    const Routes routes_there(visit, *routes, n_rows);
    const int64_t n = static_cast<int64_t>(n_rows) * weights->hidden;
    const float* x_there = visit.bring(x, n);
    const uint8_t* owned_there = visit.bring(owned, weights->n_experts);
    float* out_there = visit.bring(out, n);
    visit.call([&](ConclaveBackend b, ConclaveMessage* m) {
        return self(backend).ops().experts(b, &there, n_rows, x_there, &routes_there.there, owned_there, with_shared,
                                           out_there, m);
    });
    visit.fetch(out, out_there, n);
    return visit.finish();
}

ConclaveStatus router_scores(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                             float* scores, ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMoeWeights there = visit.weights(*weights);
    const float* x_there = visit.bring(x, static_cast<int64_t>(n_rows) * weights->hidden);
    const int64_t n = static_cast<int64_t>(n_rows) * weights->n_experts;
    float* scores_there = visit.bring(scores, n);
    visit.call([&](ConclaveBackend b, ConclaveMessage* m) {
        return self(backend).ops().router_scores(b, &there, n_rows, x_there, scores_there, m);
    });
    visit.fetch(scores, scores_there, n);
    return visit.finish();
}

ConclaveStatus mtp_mix(ConclaveBackend backend, const ConclaveMtpWeights* weights, const ConclaveBatch* batch, float* x,
                       ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMtpWeights there = visit.weights(*weights);
    const int64_t n = static_cast<int64_t>(batch->n_rows) * weights->hidden;
    float* x_there = visit.bring(x, n);
    visit.begin(*batch);
    visit.call([&](ConclaveBackend b, ConclaveMessage* m) {
        return self(backend).ops().mtp_mix(b, &there, batch, x_there, m);
    });
    visit.fetch(x, x_there, n);
    return visit.finish();
}

ConclaveStatus head(ConclaveBackend backend, const float* norm, float rms_norm_eps, const ConclaveMatrix* output,
                    int32_t hidden, const float* x, const int32_t* row_index, int32_t n_out, float* logits,
                    ConclaveMessage* message)
{
    Visit visit(self(backend), message);
    const ConclaveMatrix matrix = visit.weights(*output);
    const float* norm_there = visit.bring(norm, hidden);
    const int32_t last = *std::max_element(row_index, row_index + n_out);
    const float* x_there = visit.bring(x, (last + 1) * static_cast<int64_t>(hidden));
    const int64_t n = n_out * output->n_rows;
    float* logits_there = visit.bring(logits, n);
    visit.call([&](ConclaveBackend b, ConclaveMessage* m) {
        return self(backend).ops().head(b, norm_there, rms_norm_eps, &matrix, hidden, x_there, row_index, n_out,
                                        logits_there, m);
    });
    visit.fetch(logits, logits_there, n);
    return visit.finish();
}

constexpr ConclaveOpTable hosted = {
    .size = sizeof(ConclaveOpTable),
    .version = conclave_op_table_version,
    .name = "hosted",
    .device = nullptr,
    .create = create,
    .destroy = destroy,
    .prepare = prepare,
    .embed = embed,
    .attention_mla = attention_mla,
    .attention_gqa = attention_gqa,
    .mlp = mlp,
    .moe = moe,
    .route = route,
    .experts = experts,
    .router_scores = router_scores,
    .mtp_mix = mtp_mix,
    .head = head,
};

} // namespace

HostedDevice::HostedDevice(const ConclaveOpTable& ops, int32_t device, ConclaveMessage* message) : m_ops(ops)
{
    const ConclaveBackendOptions options = {sizeof options, nullptr, device};
    m_status = ops.create(&options, &m_backend, message);
}

HostedDevice::~HostedDevice()
{
    if (m_backend)
        m_ops.destroy(m_backend);
}

const ConclaveOpTable& HostedDevice::table() const
{
    return hosted;
}

} // namespace conclave
