# Warnings are errors.
add_compile_options(-Wall -Wextra -Wshadow -Werror)
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wconversion>)
# Contracted multiply-add would change results between paths; kernels ask for it by name.
add_compile_options(-ffp-contract=off -ffunction-sections -fdata-sections)
