#include "model/engine_state.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "device/read_bandwidth.hpp"
#include "ops/self_test.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{

Error backend_error(ConclaveStatus status, std::string_view message)
{
    ErrorCode code = ErrorCode::device;
    if (status == conclave_unsupported) {
        code = ErrorCode::unsupported;
    } else if (status == conclave_out_of_memory) {
        code = ErrorCode::out_of_memory;
    } else if (status == conclave_invalid) {
        code = ErrorCode::format;
    }
    return {code, std::string(message)};
}

namespace
{

/// N of "cuda:N"; nothing for any other name.
std::optional<int32_t> cuda_device(std::string_view name)
{
    constexpr std::string_view prefix = "cuda:";
    int32_t device = 0;
    if (!name.starts_with(prefix)) {
        return {};
    }
    const char* end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + prefix.size(), end, device);
    if (error != std::errc() || rest != end || device < 0) {
        return {};
    }
    return device;
}

} // namespace

EngineState::EngineState(Choice choice, int n_threads, LogSink log)
    : m_plugin(std::move(choice.plugin)), m_ops(*choice.ops), m_kernels(std::move(choice.kernels)),
      m_device(choice.device), m_n_threads(n_threads), m_pool(n_threads), m_log(std::move(log))
{
}

Result<EngineState::Choice> EngineState::choose(const EngineOptions& options)
{
    if (options.device != "cpu") {
        const auto device = cuda_device(options.device);
        if (!device) {
            return Error{ErrorCode::invalid_argument,
                         "there is no device named \"" + options.device + "\"; ask for cpu or cuda:0"};
        }
        CudaPlugin plugin(options.program_folder);
        const ConclaveOpTable* ops = plugin.ops();
        if (!ops) {
            return Error{ErrorCode::device, options.device + " cannot be used: " + plugin.status() +
                                                "; compute on the processor, with the device cpu"};
        }
        return Choice{ops, options.device, *device, std::move(plugin)};
    }
    if (options.kernels == "reference") {
        return Choice{conclave_reference_ops(), "reference", 0, {}};
    }
    if (!select_kernel_target(options.kernels)) {
        std::string list = "auto, reference";
        for (const std::string& name : supported_kernel_targets()) {
            list += ", " + name;
        }
        return Error{ErrorCode::unsupported,
                     "this processor has no kernels named \"" + options.kernels + "\"; it has " + list};
    }
    return Choice{conclave_cpu_ops(), kernel_target_name(), 0, {}};
}

EngineState::~EngineState()
{
    if (m_backend) {
        m_ops.destroy(m_backend);
    }
}

Result<std::shared_ptr<EngineState>> EngineState::create(EngineOptions options)
{
    if (options.n_threads < 0 || options.n_threads > max_threads) {
        return Error{ErrorCode::invalid_argument, "cannot run " + std::to_string(options.n_threads) +
                                                      " threads; ask for 1 to " + std::to_string(max_threads) +
                                                      ", or 0 for one per physical core"};
    }
    auto choice = choose(options);
    if (!choice) {
        return choice.error();
    }
    const int n_threads = options.n_threads > 0 ? options.n_threads : n_physical_cores();
    std::shared_ptr<EngineState> state(new EngineState(*std::move(choice), n_threads, std::move(options.log)));
    const ConclaveBackendOptions backend_options{sizeof backend_options, &state->m_pool, state->m_device};
    char text[256] = "";
    ConclaveMessage message{text, sizeof text};
    const ConclaveStatus status = state->m_ops.create(&backend_options, &state->m_backend, &message);
    if (status != conclave_ok) {
        return backend_error(status, text);
    }
    return state;
}

void EngineState::set_n_threads(int n_threads)
{
    m_n_threads = std::clamp(n_threads > 0 ? n_threads : n_physical_cores(), 1, max_threads);
}

uint64_t EngineState::scratch_bytes(const ConclaveLimits& limits) const
{
    uint64_t bytes = 0;
    char text[256] = "";
    ConclaveMessage message{text, sizeof text};
    return m_ops.prepare(nullptr, &limits, &bytes, &message) == conclave_ok ? bytes : 0;
}

Result<void> EngineState::reserve(const ConclaveLimits& limits)
{
    StepTurn turn(*this);
    ConclaveLimits wanted = limits;
    wanted.size = sizeof wanted;
    for (int32_t ConclaveLimits::* field :
         {&ConclaveLimits::max_rows, &ConclaveLimits::max_positions, &ConclaveLimits::hidden,
          &ConclaveLimits::max_intermediate, &ConclaveLimits::n_head, &ConclaveLimits::max_head_dim,
          &ConclaveLimits::kv_lora_rank, &ConclaveLimits::q_lora_rank, &ConclaveLimits::n_experts,
          &ConclaveLimits::n_experts_used, &ConclaveLimits::max_vocab_rows, &ConclaveLimits::max_expert_intermediate,
          &ConclaveLimits::n_head_kv, &ConclaveLimits::with_mtp}) {
        wanted.*field = std::max(wanted.*field, m_limits.*field);
    }
    uint64_t bytes = 0;
    char text[256] = "";
    ConclaveMessage message{text, sizeof text};
    const ConclaveStatus status = m_ops.prepare(m_backend, &wanted, &bytes, &message);
    if (status != conclave_ok) {
        return backend_error(status, text);
    }
    m_limits = wanted;
    return {};
}

DeviceSample EngineState::sample_devices()
{
    std::lock_guard guard(m_sampler_mutex);
    return m_sampler.sample();
}

std::vector<KernelCheck> EngineState::self_test()
{
    StepTurn turn(*this);
    std::vector<KernelCheck> checks;
    std::vector<SelfTestResult> results;
    if (!m_ops.device) {
        results = run_self_test(m_pool);
    }
    for (const DTypeInfo& type : all_dtypes()) {
        if (m_ops.device) {
            std::ranges::move(run_device_self_test(m_pool, m_ops, m_device, type.dtype), std::back_inserter(results));
        }
    }
    for (SelfTestResult& result : results)
        checks.push_back({std::move(result.name), std::move(result.target), result.nmse, result.bound, result.pass});
    return checks;
}

void EngineState::log(LogLevel level, std::string_view line)
{
    if (m_log) {
        std::lock_guard guard(m_log_mutex);
        m_log(level, line);
    }
}

StepTurn::StepTurn(EngineState& engine, std::stop_token stop) : m_engine(engine)
{
    m_engine.m_step_lock.lock();
    const int wanted = m_engine.m_n_threads;
    if (m_engine.m_pool.n_threads() != wanted) {
        m_engine.m_pool.set_n_threads(wanted);
    }
    m_engine.m_pool.set_interrupt(std::move(stop));
}

StepTurn::~StepTurn()
{
    m_engine.m_pool.set_interrupt({});
    m_engine.m_step_lock.unlock();
}

Result<Engine> Engine::create(EngineOptions options)
{
    auto state = EngineState::create(std::move(options));
    if (!state) {
        return state.error();
    }
    return Engine(*std::move(state));
}

int Engine::n_threads() const
{
    return m_state->n_threads();
}

double Engine::read_bandwidth() const
{
    return conclave::read_bandwidth(n_threads());
}

void Engine::set_n_threads(int n_threads)
{
    m_state->set_n_threads(n_threads);
}

std::string Engine::kernels() const
{
    return m_state->kernels();
}

ComputeDevices compute_devices(const std::filesystem::path& program_folder)
{
    ComputeDevices devices;
    const CudaPlugin plugin(program_folder);
    devices.cuda_status = plugin.status();
    if (!plugin.ops()) { // without a driver it does not matter which build this is
        const DeviceSample sample = DeviceSampler().sample();
        devices.cuda_status = sample.gpus.empty() ? sample.gpu_status : plugin.status();
    }
    for (int i = 0; i < plugin.n_devices(); ++i) {
        ConclaveDeviceInfo info{};
        info.size = sizeof info;
        if (plugin.ops()->device->info(i, &info, nullptr) == conclave_ok) {
            devices.cuda.push_back({"cuda:" + std::to_string(i), info.name, info.total_bytes, info.free_bytes});
        }
    }
    return devices;
}

std::vector<std::string> supported_kernels()
{
    return supported_kernel_targets();
}

std::vector<KernelCheck> Engine::self_test()
{
    return m_state->self_test();
}

DeviceSample Engine::sample_devices()
{
    return m_state->sample_devices();
}

} // namespace conclave
